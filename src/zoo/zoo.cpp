#include "zoo/zoo.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/nearest.h"
#include "engraft/error.h"
#include "zoo/table.h"

namespace engraft::zoo {

std::span<const Architecture> architectures() {
  static const std::vector<Architecture> rows = [] {
    std::map<std::string_view, std::vector<PublishedWeights>> published = published_weights();
    std::vector<Architecture> result;
    for (const Builder& one : builders()) {
      result.push_back({one.name, one.build, std::move(published[one.name]), one.name == "sprout"});
    }
    return result;
  }();
  return rows;
}

bool is_architecture(std::string_view name) {
  return std::ranges::any_of(architectures(),
                             [&](const Architecture& row) { return row.name == name; });
}

const Architecture& find_architecture(std::string_view name) {
  const std::span<const Architecture> rows = architectures();
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const Architecture& row) { return row.name == name; });
  if (found != rows.end()) return *found;
  std::vector<std::string> names;
  for (const Architecture& row : rows) names.emplace_back(row.name);
  const std::vector<std::string> near = base::nearest(name, names);
  throw Error(
      fmt::format("{}: no network of this name{}; engraft models lists all", name,
                  near.empty() ? "" : fmt::format("; did you mean {}?", fmt::join(near, ", "))));
}

graph::Graph build_architecture(std::string_view name) { return find_architecture(name).build(); }

Preprocessing default_preprocessing(const Architecture& architecture,
                                    const PublishedWeights* weights) {
  if (weights == nullptr && !architecture.weights.empty()) weights = architecture.weights.data();
  const std::int64_t size =
      weights != nullptr ? weights->crop : architecture.build().input_size.height;
  const std::int64_t resize = weights != nullptr ? weights->resize : size;
  const char* how = weights != nullptr && weights->bicubic ? ",interpolation=bicubic" : "";
  return {
      .train =
          transforms::parse_pipeline(fmt::format("random_resized_crop({}{}) hflip", size, how)),
      .val = transforms::parse_pipeline(
          fmt::format("resize({}{}) center_crop({})", resize, how, size)),
      .normalization = weights != nullptr ? weights->normalization : transforms::Normalization{}};
}

}  // namespace engraft::zoo
