#include "transforms/crops.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>

namespace engraft::transforms {
namespace {

constexpr float kLargestRatio = 100;

template <typename Crop>
Crop read_crop(const StepText& text) {
  allow_options(text, {});
  return {.size = read_square_size(text)};
}

// Uniform over the integers between the two, both included, whichever is the larger.
int between(int a, int b, base::Random& random) {
  const int low = std::min(a, b);
  return low + static_cast<int>(random.below(static_cast<std::uint64_t>(std::max(a, b) - low) + 1));
}

// Python's int(round(x)): halves to even.
int rounded(double x) { return static_cast<int>(std::nearbyint(x)); }

image::Box random_part(image::Size picture, Range scale, Range ratio, base::Random& random) {
  const auto [height, width] = picture;
  assert(height > 0 && width > 0);
  const double area = static_cast<double>(height) * width;
  const Range log_ratio{std::log(ratio.low), std::log(ratio.high)};
  for (int tries = 0; tries < 10; ++tries) {
    const double target_area = area * random.uniform(scale.low, scale.high);
    const double aspect = std::exp(random.uniform(log_ratio.low, log_ratio.high));
    const double box_width = std::nearbyint(std::sqrt(target_area * aspect));
    const double box_height = std::nearbyint(std::sqrt(target_area / aspect));
    if (box_width < 1 || box_width > width || box_height < 1 || box_height > height) continue;
    const int w = static_cast<int>(box_width);
    const int h = static_cast<int>(box_height);
    const int top = between(0, height - h, random);
    const int left = between(0, width - w, random);
    return {top, left, h, w};
  }
  const double picture_ratio = static_cast<double>(width) / height;
  int h = height;
  int w = width;
  if (picture_ratio < ratio.low) {
    h = std::clamp(rounded(static_cast<double>(width) / ratio.low), 1, height);
  } else if (picture_ratio > ratio.high) {
    w = std::clamp(rounded(static_cast<double>(height) * ratio.high), 1, width);
  }
  return {(height - h) / 2, (width - w) / 2, h, w};
}

}  // namespace

CenterCrop CenterCrop::read(const StepText& text) { return read_crop<CenterCrop>(text); }

Action CenterCrop::draw(image::Size picture, base::Random& /*random*/) const {
  return Cut{image::center_crop_box(picture, size.height, size.width)};
}

RandomCrop RandomCrop::read(const StepText& text) { return read_crop<RandomCrop>(text); }

Action RandomCrop::draw(image::Size picture, base::Random& random) const {
  // A negative place puts a smaller picture anywhere within the crop, as torchvision does with
  // pad_if_needed.
  const int top = between(0, picture.height - size.height, random);
  const int left = between(0, picture.width - size.width, random);
  return Cut{{top, left, size.height, size.width}};
}

RandomResizedCrop RandomResizedCrop::read(const StepText& text) {
  allow_options(text, {"scale", "ratio", "interpolation", "antialias"});
  RandomResizedCrop step{.size = read_square_size(text), .interpolation = read_interpolation(text)};
  if (const auto scale = option(text, "scale")) {
    step.scale = read_range(text, "scale", *scale, {0, 1});
    if (step.scale.high == 0) fail(text, "scale must reach beyond 0");
  }
  if (const auto ratio = option(text, "ratio")) {
    step.ratio = read_range(text, "ratio", *ratio, {1 / kLargestRatio, kLargestRatio});
  }
  return step;
}

std::string RandomResizedCrop::arguments() const {
  const RandomResizedCrop usual;
  std::string text = size_text(size);
  if (scale != usual.scale) text += fmt::format(",scale={}:{}", scale.low, scale.high);
  if (ratio != usual.ratio) text += fmt::format(",ratio={}:{}", ratio.low, ratio.high);
  return text + interpolation_options(interpolation);
}

Action RandomResizedCrop::draw(image::Size picture, base::Random& random) const {
  return Resample{random_part(picture, scale, ratio, random), size, interpolation};
}

}  // namespace engraft::transforms
