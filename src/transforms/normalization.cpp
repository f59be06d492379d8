#include "transforms/normalization.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace engraft::transforms {
namespace {

using Levels = std::array<float, 256>;

// What each of a channel's 256 values becomes, in torchvision's order of float32 operations.
Levels levels_of(float mean, float stddev) {
  Levels levels;
  for (std::size_t value = 0; value < levels.size(); ++value) {
    levels[value] = (static_cast<float>(value) / 255.0F - mean) / stddev;
  }
  return levels;
}

std::uint8_t to_pixel(float value) {
  // In this order, NaN becomes 0.
  return static_cast<std::uint8_t>(std::nearbyint(std::min(std::max(0.0F, value), 255.0F)));
}

std::size_t plane_size(int height, int width) {
  return static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
}

// Beyond these, somebody gave numbers for pixels of 0 to 255, or made a slip.
constexpr float kLargestMean = 10;
constexpr float kSmallestDeviation = 1e-6F;
constexpr float kLargestDeviation = 10;

}  // namespace

std::string problem_of(const Normalization& normalization) {
  for (const float mean : normalization.mean) {
    if (std::abs(mean) <= kLargestMean) continue;  // false for NaN
    return fmt::format("a mean of {} is not between {} and {}; the unit is pixel / 255", mean,
                       -kLargestMean, kLargestMean);
  }
  for (const float stddev : normalization.stddev) {
    if (stddev >= kSmallestDeviation && stddev <= kLargestDeviation) continue;
    return fmt::format(
        "a standard deviation of {} is not above 0 and at most {}; the unit is pixel / 255", stddev,
        kLargestDeviation);
  }
  return "";
}

void to_normalized_tensor(const image::Image& image, const Normalization& normalization,
                          std::span<float> out) {
  const std::size_t plane = plane_size(image.height, image.width);
  assert(out.size() == 3 * plane);
  const Levels red = levels_of(normalization.mean[0], normalization.stddev[0]);
  const Levels green = levels_of(normalization.mean[1], normalization.stddev[1]);
  const Levels blue = levels_of(normalization.mean[2], normalization.stddev[2]);
  const std::uint8_t* pixel = image.pixels.data();
  float* place = out.data();
  for (std::size_t i = 0; i < plane; ++i, pixel += 3, ++place) {
    place[0] = red[pixel[0]];
    place[plane] = green[pixel[1]];
    place[2 * plane] = blue[pixel[2]];
  }
}

image::Image to_image(std::span<const float> tensor, int height, int width,
                      const Normalization& normalization) {
  const std::size_t plane = plane_size(height, width);
  assert(tensor.size() == 3 * plane);
  image::Image image(height, width);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const float mean = normalization.mean[channel];
    const float stddev = normalization.stddev[channel];
    for (std::size_t i = 0; i < plane; ++i) {
      const float value = tensor[channel * plane + i] * stddev + mean;
      image.pixels[3 * i + channel] = to_pixel(value * 255);
    }
  }
  return image;
}

}  // namespace engraft::transforms
