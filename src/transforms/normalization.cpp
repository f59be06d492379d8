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
  const std::size_t plane =
      static_cast<std::size_t>(image.height) * static_cast<std::size_t>(image.width);
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

}  // namespace engraft::transforms
