#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

#include "engraft/error.h"
#include "transforms/transforms.h"

namespace engraft::transforms {
namespace {

constexpr int kLargestSize = 16384;
constexpr float kLargestRatio = 100;
constexpr float kFullTurn = 360;

// A step as written: its name, what stands in the parentheses, and the whole for messages.
struct WrittenStep {
  std::string text;
  std::string name;
  std::optional<std::string> argument;                       // the one without a key
  std::vector<std::pair<std::string, std::string>> options;  // key=value
};

[[noreturn]] void fail(const WrittenStep& step, const std::string& what) {
  throw Error(fmt::format("{}: {}", step.text, what));
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

void read_arguments(std::string_view inside, WrittenStep& step) {
  if (trim(inside).empty()) return;
  for (bool more = true; more;) {
    const std::size_t comma = inside.find(',');
    more = comma != std::string_view::npos;
    const std::string_view part = trim(inside.substr(0, comma));
    if (more) inside.remove_prefix(comma + 1);
    if (part.empty()) fail(step, "nothing stands between two commas");
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      if (step.argument || !step.options.empty()) {
        fail(step, fmt::format("{}: options after the first are written key=value", part));
      }
      step.argument = part;
      continue;
    }
    const std::string key(trim(part.substr(0, equals)));
    for (const auto& [known, value] : step.options) {
      if (known == key) fail(step, key + " is given twice");
    }
    step.options.emplace_back(key, trim(part.substr(equals + 1)));
  }
}

// Cuts the first step off `rest`, which begins with one.
WrittenStep read_step(std::string_view& rest) {
  std::size_t end = 0;
  while (end < rest.size() && !is_space(rest[end]) && rest[end] != '(') ++end;
  WrittenStep step;
  step.name = rest.substr(0, end);
  std::size_t open = end;
  if (open == rest.size() || rest[open] != '(') {
    step.text = step.name;
    rest.remove_prefix(end);
    return step;
  }
  const std::size_t close = rest.find(')', open);
  step.text = rest.substr(0, close == std::string_view::npos ? close : close + 1);
  if (close == std::string_view::npos) fail(step, "the closing parenthesis is missing");
  if (step.text.find('(', open + 1) != std::string::npos) {
    fail(step, "a parenthesis within parentheses");
  }
  read_arguments(rest.substr(open + 1, close - open - 1), step);
  rest.remove_prefix(close + 1);
  if (!rest.empty() && !is_space(rest.front())) {
    fail(step, "a space must stand between this step and the next");
  }
  return step;
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  return value;
}

// "224" or "224x192"; the width is 0 where only one number stands.
image::Size read_size(const WrittenStep& step) {
  if (!step.argument) fail(step, fmt::format("needs a size, as in {}(224)", step.name));
  const std::string_view text = *step.argument;
  const std::size_t times = text.find('x');
  const bool both = times != std::string_view::npos;
  const std::optional<int> height = number<int>(text.substr(0, times));
  const std::optional<int> width = both ? number<int>(text.substr(times + 1)) : 1;
  if (!height || !width) {
    fail(step, "size must be a whole number of pixels, or height x width as in 224x192");
  }
  if (*height < 1 || *height > kLargestSize || *width < 1 || *width > kLargestSize) {
    fail(step, fmt::format("size must be between 1 and {}", kLargestSize));
  }
  return {*height, both ? *width : 0};
}

image::Size read_square_size(const WrittenStep& step) {
  const image::Size size = read_size(step);
  return {size.height, size.width == 0 ? size.height : size.width};
}

// "a:b", a <= b, both within [lowest, highest].
std::pair<float, float> read_range(const WrittenStep& step, const std::string& key,
                                   std::string_view text, float lowest, float highest) {
  const std::size_t colon = text.find(':');
  const std::optional<float> low = number<float>(text.substr(0, colon));
  const std::optional<float> high =
      colon == std::string_view::npos ? std::nullopt : number<float>(text.substr(colon + 1));
  if (!low || !high) fail(step, key + " must be a range low:high, as in 0.5:1");
  if (*low > *high) fail(step, key + " must have its lower end first");
  if (*low < lowest || *high > highest) {
    fail(step, fmt::format("{} must lie between {} and {}", key, lowest, highest));
  }
  return {*low, *high};
}

void allow_options(const WrittenStep& step, const std::vector<std::string_view>& allowed) {
  for (const auto& [key, value] : step.options) {
    if (std::find(allowed.begin(), allowed.end(), key) != allowed.end()) continue;
    if (allowed.empty()) fail(step, fmt::format("no option {}; {} has none", key, step.name));
    fail(step, fmt::format("no option {}; there are: {}", key, fmt::join(allowed, ", ")));
  }
}

std::optional<std::string_view> option(const WrittenStep& step, std::string_view key) {
  for (const auto& [known, value] : step.options) {
    if (known == key) return value;
  }
  return std::nullopt;
}

image::Interpolation read_interpolation(const WrittenStep& step) {
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

TransformStep read_resize(const WrittenStep& step) {
  allow_options(step, {"interpolation", "antialias"});
  const image::Size size = read_size(step);
  return ResizeStep{size.height, size.width, read_interpolation(step)};
}

template <typename CropStep>
TransformStep read_crop(const WrittenStep& step) {
  allow_options(step, {});
  const image::Size size = read_square_size(step);
  return CropStep{size.height, size.width};
}

TransformStep read_random_resized_crop(const WrittenStep& step) {
  allow_options(step, {"scale", "ratio", "interpolation", "antialias"});
  const image::Size size = read_square_size(step);
  RandomResizedCropStep result;
  result.height = size.height;
  result.width = size.width;
  result.interpolation = read_interpolation(step);
  if (const auto text = option(step, "scale")) {
    std::tie(result.scale_low, result.scale_high) = read_range(step, "scale", *text, 0, 1);
    if (result.scale_high == 0) fail(step, "scale must reach beyond 0");
  }
  if (const auto text = option(step, "ratio")) {
    std::tie(result.ratio_low, result.ratio_high) =
        read_range(step, "ratio", *text, 1 / kLargestRatio, kLargestRatio);
  }
  return result;
}

TransformStep read_random_rotation(const WrittenStep& step) {
  allow_options(step, {});
  if (!step.argument) fail(step, "needs degrees, as in random_rotation(15)");
  if (step.argument->find(':') != std::string::npos) {
    const auto [low, high] = read_range(step, "degrees", *step.argument, -kFullTurn, kFullTurn);
    return RandomRotationStep{low, high};
  }
  const std::optional<float> degrees = number<float>(*step.argument);
  if (!degrees || *degrees < 0 || *degrees > kFullTurn) {
    fail(step, fmt::format("degrees must be a number between 0 and {}, or a range such as -10:30",
                           kFullTurn));
  }
  return RandomRotationStep{0 - *degrees, *degrees};
}

TransformStep read_hflip(const WrittenStep& step) {
  allow_options(step, {});
  if (!step.argument) return HorizontalFlipStep{};
  const std::optional<float> probability = number<float>(*step.argument);
  if (!probability || *probability < 0 || *probability > 1) {
    fail(step, "probability must be a number between 0 and 1");
  }
  return HorizontalFlipStep{*probability};
}

struct KnownStep {
  std::string_view name;
  TransformStep (*read)(const WrittenStep&);
};

constexpr KnownStep kKnownSteps[] = {
    {"center_crop", read_crop<CenterCropStep>}, {"hflip", read_hflip},
    {"random_crop", read_crop<RandomCropStep>}, {"random_resized_crop", read_random_resized_crop},
    {"random_rotation", read_random_rotation},  {"resize", read_resize},
};

TransformStep read_known(const WrittenStep& step) {
  std::vector<std::string_view> names;
  for (const KnownStep& known : kKnownSteps) {
    if (known.name == step.name) return known.read(step);
    names.push_back(known.name);
  }
  throw Error(fmt::format("{}: no such transform; there are: {}",
                          step.name.empty() ? step.text : step.name, fmt::join(names, ", ")));
}

std::string size_text(int height, int width) {
  return height == width ? fmt::format("{}", height) : fmt::format("{}x{}", height, width);
}

std::string interpolation_text(image::Interpolation interpolation) {
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

std::string step_text(const ResizeStep& step) {
  return fmt::format("resize({}{})",
                     step.width == 0 ? fmt::format("{}", step.height)
                                     : fmt::format("{}x{}", step.height, step.width),
                     interpolation_text(step.interpolation));
}

std::string step_text(const CenterCropStep& step) {
  return fmt::format("center_crop({})", size_text(step.height, step.width));
}

std::string step_text(const RandomCropStep& step) {
  return fmt::format("random_crop({})", size_text(step.height, step.width));
}

std::string step_text(const RandomResizedCropStep& step) {
  const RandomResizedCropStep usual;
  std::string text = fmt::format("random_resized_crop({}", size_text(step.height, step.width));
  if (step.scale_low != usual.scale_low || step.scale_high != usual.scale_high) {
    text += fmt::format(",scale={}:{}", step.scale_low, step.scale_high);
  }
  if (step.ratio_low != usual.ratio_low || step.ratio_high != usual.ratio_high) {
    text += fmt::format(",ratio={}:{}", step.ratio_low, step.ratio_high);
  }
  return text + interpolation_text(step.interpolation) + ")";
}

std::string step_text(const RandomRotationStep& step) {
  if (step.low == -step.high && step.high >= 0) {
    return fmt::format("random_rotation({})", step.high);
  }
  return fmt::format("random_rotation({}:{})", step.low, step.high);
}

std::string step_text(const HorizontalFlipStep& step) {
  if (step.probability == HorizontalFlipStep{}.probability) return "hflip";
  return fmt::format("hflip({})", step.probability);
}

}  // namespace

Pipeline parse_pipeline(std::string_view text) {
  Pipeline pipeline;
  std::string ending;  // to_tensor or normalize, after which no step on pictures can follow
  for (std::string_view rest = trim(text); !rest.empty(); rest = trim(rest)) {
    const WrittenStep step = read_step(rest);
    if (step.name == "to_tensor" || step.name == "normalize") {
      if (step.text != step.name) {
        fail(step, fmt::format("{} takes nothing here: mean and standard deviation are the "
                               "backbone's",
                               step.name));
      }
      ending = step.name;
      continue;
    }
    TransformStep read = read_known(step);
    if (!ending.empty()) fail(step, fmt::format("cannot stand after {}; put it before", ending));
    pipeline.steps.push_back(std::move(read));
  }
  return pipeline;
}

std::string to_string(const Pipeline& pipeline) {
  std::string text;
  for (const TransformStep& step : pipeline.steps) {
    if (!text.empty()) text += ' ';
    text += std::visit([](const auto& known) { return step_text(known); }, step);
  }
  return text;
}

}  // namespace engraft::transforms
