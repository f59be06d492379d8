#include "data/same_content.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace engraft::data {
namespace {

bool all_alike(const Dataset& dataset, const SameContent& files, const auto& member) {
  return std::ranges::all_of(files, [&](std::size_t file) {
    return dataset.samples[file].*member == dataset.samples[files.front()].*member;
  });
}

}  // namespace

std::vector<SameContent> by_content(const Dataset& dataset, std::span<const std::size_t> samples) {
  std::vector<SameContent> groups;
  std::map<cache::RecordKey, std::size_t> places;
  for (const std::size_t sample : samples) {
    const cache::RecordKey& content = dataset.samples[sample].content;
    const bool known = content != cache::RecordKey{};
    const auto [place, is_new] =
        known ? places.try_emplace(content, groups.size()) : std::pair(places.end(), true);
    if (is_new) {
      groups.push_back({sample});
    } else {
      groups[place->second].push_back(sample);
    }
  }
  return groups;
}

std::vector<SameContent> by_content(const Dataset& dataset) {
  std::vector<std::size_t> all(dataset.samples.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return by_content(dataset, all);
}

bool in_one_class(const Dataset& dataset, const SameContent& files) {
  return all_alike(dataset, files, &Sample::label);
}

bool on_one_side(const Dataset& dataset, const SameContent& files) {
  return all_alike(dataset, files, &Sample::split);
}

}  // namespace engraft::data
