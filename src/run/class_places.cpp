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

std::vector<int> places_in_model(const data::Dataset& data, const model::Model& model) {
  std::map<std::string_view, int> places;
  for (std::size_t k = 0; k < model.classes.size(); ++k) {
    places.emplace(model.classes[k], static_cast<int>(k));
  }
  std::vector<int> result;
  for (const std::string& name : data.classes) {
    const auto found = places.find(name);
    if (found == places.end()) {
      throw Error(fmt::format(
          "{}: the model does not know the class \"{}\" ({}); name the folders as the model names "
          "its classes, or train on them first: engraft train {}",
          data.root.string(), name, known_classes(name, model), data.root.string()));
    }
    result.push_back(found->second);
  }
  return result;
}

}  // namespace engraft::run
