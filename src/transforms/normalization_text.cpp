#include "transforms/normalization_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "engraft/error.h"

namespace engraft::transforms {
namespace {

constexpr std::string_view kExample = "mean=0.485,0.456,0.406,std=0.229,0.224,0.225";

// "0.485,0.456,0.406", or "0.5" for each channel.
std::array<float, 3> channels(std::string_view what, std::string_view text) {
  std::vector<float> values;
  std::string_view rest = text;
  for (bool more = true; more && values.size() < 4;) {
    const std::size_t comma = rest.find(',');
    more = comma != std::string_view::npos;
    const std::optional<float> value = number(base::trim(rest.substr(0, comma)));
    if (!value) {
      throw Error(
          fmt::format("{} must be numbers for red, green and blue, as in 0.485,0.456,0.406", what));
    }
    values.push_back(*value);
    if (more) rest.remove_prefix(comma + 1);
  }
  if (values.size() == 1) return {values[0], values[0], values[0]};
  if (values.size() == 3) return {values[0], values[1], values[2]};
  throw Error(fmt::format("{} must be one number, or three for red, green and blue", what));
}

std::string channels_text(const std::array<float, 3>& values) {
  const bool alike = values[0] == values[1] && values[1] == values[2];
  return alike ? fmt::format("{}", values[0]) : fmt::format("{}", fmt::join(values, ","));
}

}  // namespace

Normalization parse_normalization(std::string_view mean, std::string_view stddev) {
  const Normalization result{channels("mean", mean), channels("std", stddev)};
  if (const std::string problem = problem_of(result); !problem.empty()) throw Error(problem);
  return result;
}

std::optional<Normalization> read_normalization(const StepText& step) {
  allow_options(step, {"mean", "std"});
  if (step.argument) {
    if (*step.argument == "none" && step.options.empty()) return kNoNormalization;
    fail(step, fmt::format("write normalize({}) or normalize(none)", kExample));
  }
  if (step.options.empty()) return std::nullopt;
  if (step.options.size() == 1) {
    fail(step, fmt::format("needs mean and std, as in normalize({})", kExample));
  }
  try {
    return parse_normalization(step.options.at("mean"), step.options.at("std"));
  } catch (const Error& error) {
    fail(step, error.what());
  }
}

std::string to_string(const Normalization& normalization) {
  if (normalization == kNoNormalization) return "normalize(none)";
  return fmt::format("normalize(mean={},std={})", channels_text(normalization.mean),
                     channels_text(normalization.stddev));
}

std::optional<Normalization> agreed(std::span<const Said> places) {
  const Said* first = nullptr;
  for (const Said& place : places) {
    if (!place.normalization) continue;
    if (first == nullptr) first = &place;
    if (place.normalization == first->normalization) continue;
    throw Error(fmt::format(
        "{}: {}, but {}: {}; a network is trained and used with the same numbers", first->where,
        to_string(*first->normalization), place.where, to_string(*place.normalization)));
  }
  return first != nullptr ? first->normalization : std::nullopt;
}

}  // namespace engraft::transforms
