#include "transforms/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace engraft::transforms {
namespace {

// Where resize(256) meets a picture that is all but a line, the longer side ends here;
// torchvision would run out of memory.
constexpr int kLongestSide = 65536;

constexpr float kFullTurn = 360;

}  // namespace

Resize Resize::read(const StepText& text) {
  allow_options(text, {"interpolation", "antialias"});
  return {read_size(text), read_interpolation(text)};
}

std::string Resize::arguments() const {
  const std::string sides = size.width == 0 ? fmt::format("{}", size.height)
                                            : fmt::format("{}x{}", size.height, size.width);
  return sides + interpolation_options(interpolation);
}

image::Size Resize::size_after(image::Size before) const {
  if (size.width > 0) return size;
  if (before.height == 0) return {};
  const std::int64_t longer = std::max(before.height, before.width);
  const std::int64_t shorter = std::min(before.height, before.width);
  if (longer * size.height / shorter > kLongestSide) {
    return before.height > before.width ? image::Size{kLongestSide, size.height}
                                        : image::Size{size.height, kLongestSide};
  }
  return image::shorter_side_size(before.height, before.width, size.height);
}

Action Resize::draw(image::Size picture, base::Random& /*random*/) const {
  return Resample{{0, 0, picture.height, picture.width}, size_after(picture), interpolation};
}

RandomRotation RandomRotation::read(const StepText& text) {
  allow_options(text, {});
  if (!text.argument) fail(text, "needs degrees, as in random_rotation(15)");
  if (text.argument->find(':') != std::string::npos) {
    return {read_range(text, "degrees", *text.argument, {-kFullTurn, kFullTurn})};
  }
  const std::optional<float> degrees = number(*text.argument);
  if (!degrees || *degrees < 0 || *degrees > kFullTurn) {
    fail(text, fmt::format("degrees must be a number between 0 and {}, or a range such as -10:30",
                           kFullTurn));
  }
  return {{0 - *degrees, *degrees}};
}

std::string RandomRotation::arguments() const {
  if (degrees.low == -degrees.high && degrees.high >= 0) return fmt::format("{}", degrees.high);
  return fmt::format("{}:{}", degrees.low, degrees.high);
}

Action RandomRotation::draw(image::Size /*picture*/, base::Random& random) const {
  return Turn{random.uniform(degrees.low, degrees.high)};
}

HorizontalFlip HorizontalFlip::read(const StepText& text) {
  allow_options(text, {});
  if (!text.argument) return {};
  const std::optional<float> probability = number(*text.argument);
  if (!probability || *probability < 0 || *probability > 1) {
    fail(text, "probability must be a number between 0 and 1");
  }
  return {*probability};
}

std::string HorizontalFlip::arguments() const {
  return *this == HorizontalFlip() ? std::string() : fmt::format("{}", probability);
}

Action HorizontalFlip::draw(image::Size /*picture*/, base::Random& random) const {
  return random.chance(probability) ? Action(Mirror()) : Action(Keep());
}

}  // namespace engraft::transforms
