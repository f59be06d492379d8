#include "run/class_places.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/nearest.h"
#include "base/text.h"
#include "engraft/error.h"

namespace engraft::run {
namespace {

constexpr std::size_t kFewClasses = 20;  // that a message can list

// What helps somebody whose class `name` the model does not know.
std::string known_classes(const std::string& name, const model::Model& model) {
  if (model.classes.size() <= kFewClasses) {
    return fmt::format("it knows {}", fmt::join(model.classes, ", "));
  }
  const std::vector<std::string> near = base::nearest(name, model.classes);
  const std::string count =
      fmt::format("it knows {} others", base::grouped(std::ssize(model.classes)));
  return near.empty() ? count : fmt::format("{}, such as {}", count, fmt::join(near, ", "));
}

}  // namespace

std::vector<int> places_in_model(const data::Dataset& data, std::span<const std::size_t> samples,
                                 const model::Model& model) {
  std::map<std::string, int> known;
  for (std::size_t k = 0; k < model.classes.size(); ++k) {
    known.emplace(base::nfc(model.classes[k]), static_cast<int>(k));
  }
  std::vector<int> places(data.classes.size(), -1);
  for (const std::size_t i : samples) {
    const auto label = static_cast<std::size_t>(data.samples[i].label);
    if (places[label] >= 0) continue;
    const std::string& name = data.classes[label];
    const auto found = known.find(name);
    if (found == known.end()) {
      throw Error(fmt::format(
          "{}: the model does not know the class \"{}\" ({}); name the folders as the model names "
          "its classes, or train on them first: engraft train {}",
          data.root.string(), name, known_classes(name, model), data.root.string()));
    }
    places[label] = found->second;
  }
  return places;
}

}  // namespace engraft::run
