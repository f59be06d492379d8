#include "data/find_sample.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/nearest.h"
#include "engraft/error.h"

namespace engraft::data {
namespace {

constexpr std::size_t kShown = 3;

bool ends_in_parts(std::string_view name, std::string_view end) {
  return name.ends_with(end) &&
         (name.size() == end.size() || name[name.size() - end.size() - 1] == '/');
}

std::string without_dots(std::string_view name) {
  return std::filesystem::path(name).lexically_normal().generic_string();
}

// By the whole names; else by their last part alone, since people leave folders out.
std::vector<std::string> nearest_names(const Dataset& data, std::string_view wanted) {
  std::vector<std::string> names;
  std::vector<std::string> last_parts;
  for (const Sample& sample : data.samples) {
    names.push_back(sample.name);
    last_parts.push_back(sample.path.filename().string());
  }
  std::vector<std::string> near = base::nearest(wanted, names, kShown);
  if (!near.empty()) return near;
  const std::vector<std::string> last = base::nearest(wanted, last_parts, 1);
  for (std::size_t i = 0; i < names.size() && !last.empty() && near.size() < kShown; ++i) {
    if (last_parts[i] == last.front()) near.push_back(names[i]);
  }
  return near;
}

}  // namespace

std::size_t find_sample(const Dataset& data, std::string_view name) {
  const std::string wanted = without_dots(name);
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < data.samples.size(); ++i) {
    const Sample& sample = data.samples[i];
    if (sample.name == wanted || without_dots(sample.path.generic_string()) == wanted) return i;
    if (!wanted.empty() && ends_in_parts(sample.name, wanted)) ends.push_back(i);
  }
  if (ends.size() == 1) return ends.front();
  if (ends.empty()) {
    const std::vector<std::string> near = nearest_names(data, wanted);
    throw Error(fmt::format("{}: no picture of {} has this name{}{}", name, data.root.string(),
                            near.empty() ? "" : "; did you mean ", fmt::join(near, ", ")));
  }
  std::vector<std::string> meant;
  for (std::size_t i = 0; i < std::min(ends.size(), kShown); ++i)
    meant.push_back(data.samples[ends[i]].name);
  throw Error(fmt::format("{}: {} pictures of {} have this name: say which, as in {}", name,
                          ends.size(), data.root.string(), fmt::join(meant, " or ")));
}

}  // namespace engraft::data
