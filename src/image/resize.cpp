#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "image/geometry.h"
#include "image/resample.h"

namespace engraft::image {
namespace {

// The input position of each output position: PIL steps in floating point, and so do we, since a
// product would round elsewhere.
std::vector<int> nearest_positions(int in_size, int out_size) {
  std::vector<int> positions(static_cast<std::size_t>(out_size));
  const double step = static_cast<double>(in_size) / out_size;
  double at = step * 0.5;
  for (int& position : positions) {
    position = std::min(static_cast<int>(at), in_size - 1);
    at += step;
  }
  return positions;
}

Image resize_nearest(const Image& image, Box box, int height, int width) {
  const std::vector<int> columns = nearest_positions(box.width, width);
  const std::vector<int> rows = nearest_positions(box.height, height);
  Image result(height, width);
  std::uint8_t* out = result.pixels.data();
  for (const int y : rows) {
    const std::uint8_t* in = image.row(box.top + y) + std::ptrdiff_t{3} * box.left;
    for (const int x : columns) {
      std::memcpy(out, in + std::ptrdiff_t{3} * x, 3);
      out += 3;
    }
  }
  return result;
}

// Between which two input positions an output position lies, with OpenCV's weights of 11 bits.
struct Blend {
  int first;
  int second;
  std::int32_t first_weight;
  std::int32_t second_weight;
};

std::vector<Blend> blends_for(int in_size, int out_size) {
  constexpr float kOne = 1 << 11;
  const double scale = 1.0 / (static_cast<double>(out_size) / in_size);
  std::vector<Blend> blends(static_cast<std::size_t>(out_size));
  for (int out = 0; out < out_size; ++out) {
    const float at = static_cast<float>((out + 0.5) * scale - 0.5);
    const int below = static_cast<int>(std::floor(at));
    const float fraction = at - static_cast<float>(below);
    blends[static_cast<std::size_t>(out)] = {
        std::clamp(below, 0, in_size - 1), std::clamp(below + 1, 0, in_size - 1),
        static_cast<std::int32_t>(std::lrint((1.f - fraction) * kOne)),
        static_cast<std::int32_t>(std::lrint(fraction * kOne))};
  }
  return blends;
}

// One input row stretched to the output's columns, times 2^11.
void blend_columns(const std::uint8_t* in, const std::vector<Blend>& columns, std::int32_t* out) {
  for (const Blend& blend : columns) {
    const std::uint8_t* first = in + std::ptrdiff_t{3} * blend.first;
    const std::uint8_t* second = in + std::ptrdiff_t{3} * blend.second;
    for (int c = 0; c < 3; ++c) {
      *out++ = first[c] * blend.first_weight + second[c] * blend.second_weight;
    }
  }
}

Image resize_plain(const Image& image, Box box, int height, int width) {
  const std::vector<Blend> columns = blends_for(box.width, width);
  const std::vector<Blend> rows = blends_for(box.height, height);
  const std::size_t count = static_cast<std::size_t>(width) * 3;
  // The two input rows in use, already stretched; `upper_y` and `lower_y` say which they are.
  std::vector<std::int32_t> upper(count);
  std::vector<std::int32_t> lower(count);
  int upper_y = -1;
  int lower_y = -1;
  const auto stretch = [&](int y, std::vector<std::int32_t>& out) {
    blend_columns(image.row(box.top + y) + std::ptrdiff_t{3} * box.left, columns, out.data());
  };
  Image result(height, width);
  for (int y = 0; y < height; ++y) {
    const Blend& blend = rows[static_cast<std::size_t>(y)];
    if (blend.first != upper_y) {
      if (blend.first == lower_y) {
        std::swap(upper, lower);
        lower_y = -1;
      } else {
        stretch(blend.first, upper);
      }
      upper_y = blend.first;
    }
    if (blend.second != lower_y) {
      stretch(blend.second, lower);
      lower_y = blend.second;
    }
    // The shifts are OpenCV's: 11 + 11 bits of weight, the last two of them rounded off.
    std::uint8_t* out = result.row(y);
    for (std::size_t i = 0; i < count; ++i) {
      const std::int32_t sum = ((blend.first_weight * (upper[i] >> 4)) >> 16) +
                               ((blend.second_weight * (lower[i] >> 4)) >> 16);
      out[i] = static_cast<std::uint8_t>((sum + 2) >> 2);
    }
  }
  return result;
}

}  // namespace

Image resize(const Image& image, Box box, int height, int width, Interpolation interpolation) {
  assert(box.top >= 0 && box.left >= 0 && box.height > 0 && box.width > 0);
  assert(box.height <= image.height - box.top && box.width <= image.width - box.left);
  assert(height > 0 && width > 0);
  if (box.height == height && box.width == width) return crop(image, box);
  switch (interpolation) {
    case Interpolation::kBilinear:
    case Interpolation::kBicubic:
      return resize(image,
                    RealBox{static_cast<double>(box.top), static_cast<double>(box.left),
                            static_cast<double>(box.height), static_cast<double>(box.width)},
                    height, width, Box{0, 0, height, width}, interpolation);
    case Interpolation::kPlainBilinear:
      return resize_plain(image, box, height, width);
    case Interpolation::kNearest:
      break;
  }
  return resize_nearest(image, box, height, width);
}

Image resize(const Image& image, const RealBox& box, int height, int width, const Box& wanted,
             Interpolation interpolation) {
  assert(interpolation == Interpolation::kBilinear || interpolation == Interpolation::kBicubic);
  const bool bilinear = interpolation == Interpolation::kBilinear;
  return resample(image, box, height, width, wanted, bilinear ? kTriangleFilter : kCubicFilter);
}

Image resize(const Image& image, int height, int width, Interpolation interpolation) {
  return resize(image, Box{0, 0, image.height, image.width}, height, width, interpolation);
}

Size shorter_side_size(int height, int width, int size) {
  const auto scaled = [size](int longer, int shorter) {
    return static_cast<int>(std::int64_t{size} * longer / shorter);
  };
  if (width <= height) return {scaled(height, width), size};
  return {size, scaled(width, height)};
}

}  // namespace engraft::image
