#include "transforms/step_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "base/text.h"
#include "engraft/error.h"

namespace engraft::transforms {
namespace {

constexpr int kLargestSize = 16384;
constexpr std::size_t kLongestShown = 120;  // of a step's text in a message

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void read_arguments(std::string_view inside, StepText& step) {
  if (base::trim(inside).empty()) return;
  std::string* value = nullptr;  // of the option before
  for (bool more = true; more;) {
    const std::size_t comma = inside.find(',');
    more = comma != std::string_view::npos;
    const std::string_view part = base::trim(inside.substr(0, comma));
    if (more) inside.remove_prefix(comma + 1);
    if (part.empty()) fail(step, "nothing stands between two commas");
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos) {
      const auto [at, added] = step.options.emplace(base::trim(part.substr(0, equals)),
                                                    base::trim(part.substr(equals + 1)));
      if (!added) fail(step, at->first + " is given twice");
      value = &at->second;
    } else if (value != nullptr) {
      *value += ',';
      *value += part;
    } else if (step.argument) {
      fail(step, fmt::format("{}: options after the first are written key=value", part));
    } else {
      step.argument = part;
    }
  }
}

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

void fail(const StepText& step, const std::string& what) {
  std::string shown = step.text.substr(0, kLongestShown);
  if (shown.size() < step.text.size()) shown += "...";
  throw Error(base::printable(shown) + ": " + base::printable(what));
}

StepText cut_step(std::string_view& rest) {
  std::size_t end = 0;
  while (end < rest.size() && !is_space(rest[end]) && rest[end] != '(') ++end;
  StepText step;
  step.name = rest.substr(0, end);
  if (end == rest.size() || rest[end] != '(') {
    step.text = step.name;
    rest.remove_prefix(end);
    return step;
  }
  const std::size_t close = rest.find(')', end);
  step.text = rest.substr(0, close == std::string_view::npos ? close : close + 1);
  if (close == std::string_view::npos) fail(step, "the closing parenthesis is missing");
  if (step.text.find('(', end + 1) != std::string::npos) {
    fail(step, "a parenthesis within parentheses");
  }
  read_arguments(rest.substr(end + 1, close - end - 1), step);
  rest.remove_prefix(close + 1);
  if (!rest.empty() && !is_space(rest.front())) {
    fail(step, "a space must stand between this step and the next");
  }
  return step;
}

void allow_options(const StepText& step, std::initializer_list<std::string_view> allowed) {
  for (const auto& [key, value] : step.options) {
    if (std::ranges::find(allowed, key) != allowed.end()) continue;
    if (allowed.size() == 0) fail(step, fmt::format("no option {}; {} has none", key, step.name));
    fail(step, fmt::format("no option {}; there are: {}", key, fmt::join(allowed, ", ")));
  }
}

std::optional<std::string_view> option(const StepText& step, const std::string& key) {
  const auto found = step.options.find(key);
  if (found == step.options.end()) return std::nullopt;
  const std::string_view value = found->second;
  const std::size_t comma = value.find(',');
  if (comma != std::string_view::npos) {
    fail(step, fmt::format("{}: options after the first are written key=value",
                           value.substr(comma + 1, value.find(',', comma + 1) - comma - 1)));
  }
  return value;
}

std::optional<float> number(std::string_view text) {
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

image::Size read_size(const StepText& step) {
  if (!step.argument) fail(step, fmt::format("needs a size, as in {}(224)", step.name));
  const std::string_view text = *step.argument;
  const std::size_t times = text.find('x');
  const bool both = times != std::string_view::npos;
  const std::optional<int> height = whole_number(text.substr(0, times));
  const std::optional<int> width = both ? whole_number(text.substr(times + 1)) : 1;
  if (!height || !width) {
    fail(step, "size must be a whole number of pixels, or height x width as in 224x192");
  }
  if (*height < 1 || *height > kLargestSize || *width < 1 || *width > kLargestSize) {
    fail(step, fmt::format("size must be between 1 and {}", kLargestSize));
  }
  return {*height, both ? *width : 0};
}

image::Size read_square_size(const StepText& step) {
  const image::Size size = read_size(step);
  return {size.height, size.width == 0 ? size.height : size.width};
}

Range read_range(const StepText& step, const std::string& what, std::string_view text,
                 Range allowed) {
  const std::size_t colon = text.find(':');
  const std::optional<float> low = number(text.substr(0, colon));
  const std::optional<float> high =
      colon == std::string_view::npos ? std::nullopt : number(text.substr(colon + 1));
  if (!low || !high) fail(step, what + " must be a range low:high, as in 0.5:1");
  if (*low > *high) fail(step, what + " must have its lower end first");
  if (*low < allowed.low || *high > allowed.high) {
    fail(step, fmt::format("{} must lie between {} and {}", what, allowed.low, allowed.high));
  }
  return {*low, *high};
}

image::Interpolation read_interpolation(const StepText& step) {
  const std::string_view name = option(step, "interpolation").value_or("bilinear");
  const std::string_view antialias = option(step, "antialias").value_or("true");
  if (antialias != "true" && antialias != "false") fail(step, "antialias must be true or false");
  if (name == "nearest") return image::Interpolation::kNearest;
  if (name == "bilinear") {
    return antialias == "true" ? image::Interpolation::kBilinear
                               : image::Interpolation::kPlainBilinear;
  }
  if (name != "bicubic") fail(step, "interpolation must be bilinear, bicubic or nearest");
  if (antialias == "false") fail(step, "antialias=false is there for interpolation=bilinear only");
  return image::Interpolation::kBicubic;
}

std::string size_text(image::Size size) {
  return size.height == size.width ? fmt::format("{}", size.height)
                                   : fmt::format("{}x{}", size.height, size.width);
}

std::string interpolation_options(image::Interpolation interpolation) {
  switch (interpolation) {
    case image::Interpolation::kBilinear:
      return "";
    case image::Interpolation::kBicubic:
      return ",interpolation=bicubic";
    case image::Interpolation::kPlainBilinear:
      return ",antialias=false";
    case image::Interpolation::kNearest:
      return ",interpolation=nearest";
  }
  return "";
}

}  // namespace engraft::transforms
