#include "training/method.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace engraft::training {
namespace {

constexpr std::array<std::string_view, 8> kStepsOnly{
    "optimizer", "epochs", "lr", "batch", "weight-decay", "momentum", "eval-every", "stop-at"};
constexpr std::array<std::string_view, 2> kViews{"train-transforms", "views"};

template <std::size_t Size>
std::vector<std::string> given_of(const GivenOptions& given,
                                  const std::array<std::string_view, Size>& names) {
  std::vector<std::string> found;
  for (const std::string_view name : names) {
    if (name == "lr" && given.automatic) continue;  // a number is meant
    if (given.names.contains(name)) found.emplace_back(name);
  }
  return found;
}

}  // namespace

std::vector<std::string> step_options(const GivenOptions& given) {
  std::vector<std::string> found = given_of(given, kStepsOnly);
  std::ranges::copy(given_of(given, kViews), std::back_inserter(found));
  return found;
}

std::vector<std::string> contradictions(const GivenOptions& given) {
  return given.automatic ? given_of(given, kStepsOnly) : std::vector<std::string>{};
}

Method choose_method(const GivenOptions& given, bool findable_head) {
  if (given.automatic) return Method::kBestHead;
  if (given.lbfgs) return Method::kFit;
  return findable_head && step_options(given).empty() ? Method::kBestHead : Method::kSteps;
}

}  // namespace engraft::training
