// From an 8-bit picture to the numbers that a network takes.
#pragma once

#include <array>
#include <span>
#include <string>

#include "image/image.h"

namespace engraft::transforms {

// Per-channel mean and standard deviation in units of [0, 1], RGB; as it stands, ImageNet's.
struct Normalization {
  std::array<float, 3> mean{0.485F, 0.456F, 0.406F};
  std::array<float, 3> stddev{0.229F, 0.224F, 0.225F};
  bool operator==(const Normalization&) const = default;
};

// pixel / 255 as it is.
inline constexpr Normalization kNoNormalization{.mean = {0, 0, 0}, .stddev = {1, 1, 1}};

// What makes no sense of it ("std must be ..."), else empty: numbers must be finite and in the unit
// of pixel / 255, deviations above 0.
std::string problem_of(const Normalization& normalization);

// to_tensor and normalize: 3 × H × W floats, (pixel / 255 - mean) / stddev. `out` has 3·H·W places.
void to_normalized_tensor(const image::Image& image, const Normalization& normalization,
                          std::span<float> out);

}  // namespace engraft::transforms
