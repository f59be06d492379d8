#include "image/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <numbers>
#include <string>

namespace engraft::image {
namespace {

constexpr std::ptrdiff_t kChannels = 3;

// Python's round(value, 15), which PIL applies to the matrix of a rotation.
double round_to_15_digits(double value) {
  const std::string digits = fmt::format("{:.15f}", value);
  double rounded = value;
  std::from_chars(digits.data(), digits.data() + digits.size(), rounded);
  return rounded;
}

// Where pixel (0, 0) of a picture comes from in another, and how far apart, in bytes, the sources
// of neighbours in x and y are.
struct PixelWalk {
  const std::uint8_t* origin;
  std::ptrdiff_t along_x;
  std::ptrdiff_t along_y;
};

Image gather(const PixelWalk& walk, int height, int width) {
  // In tiles, so that columns turned into rows stay within the cache.
  constexpr int kTile = 32;
  Image result(height, width);
  for (int top = 0; top < height; top += kTile) {
    for (int left = 0; left < width; left += kTile) {
      for (int y = top; y < std::min(top + kTile, height); ++y) {
        std::uint8_t* out = result.row(y) + kChannels * left;
        const std::uint8_t* in = walk.origin + walk.along_y * y + walk.along_x * left;
        for (int x = left; x < std::min(left + kTile, width); ++x, in += walk.along_x) {
          std::memcpy(out, in, kChannels);
          out += kChannels;
        }
      }
    }
  }
  return result;
}

// Halves to the even neighbour, as Python's round() does.
int half_rounded_to_even(int value) { return static_cast<int>(std::nearbyint(value / 2.0)); }

}  // namespace

Image crop(const Image& image, Box box) {
  Image result(box.height, box.width);
  const std::int64_t left = std::max<std::int64_t>(box.left, 0);
  const std::int64_t right =
      std::min<std::int64_t>(std::int64_t{box.left} + box.width, image.width);
  const std::int64_t top = std::max<std::int64_t>(box.top, 0);
  const std::int64_t bottom =
      std::min<std::int64_t>(std::int64_t{box.top} + box.height, image.height);
  if (left >= right) return result;
  for (std::int64_t y = top; y < bottom; ++y) {
    std::memcpy(result.row(static_cast<int>(y - box.top)) + (left - box.left) * kChannels,
                image.row(static_cast<int>(y)) + left * kChannels,
                static_cast<std::size_t>((right - left) * kChannels));
  }
  return result;
}

Box center_crop_box(Size image, int height, int width) {
  // Where the picture is smaller it is padded first, by the larger half after it.
  const auto start = [](int available, int wanted) {
    return wanted > available ? -((wanted - available) / 2)
                              : half_rounded_to_even(available - wanted);
  };
  return {start(image.height, height), start(image.width, width), height, width};
}

Image center_crop(const Image& image, int height, int width) {
  return crop(image, center_crop_box({image.height, image.width}, height, width));
}

Image flip_horizontal(const Image& image) {
  Image result(image.height, image.width);
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* in = image.row(y);
    std::uint8_t* out = result.row(y) + kChannels * image.width;
    for (int x = 0; x < image.width; ++x, in += kChannels) {
      out -= kChannels;
      std::memcpy(out, in, kChannels);
    }
  }
  return result;
}

Image rotate(const Image& image, float degrees) {
  double turn = std::fmod(static_cast<double>(degrees), 360.0);
  if (turn < 0) turn += 360;
  const int height = image.height;
  const int width = image.width;
  if (turn == 0) return image;
  if (turn == 180) return apply_orientation(image, 3);
  if (turn == 90 && height == width) return apply_orientation(image, 8);
  if (turn == 270 && height == width) return apply_orientation(image, 6);

  // From output to input coordinates, as PIL's rotate() and transform() compute it, in 16.16 fixed
  // point.
  const double radians = -turn * (std::numbers::pi / 180.0);
  const double cosine = round_to_15_digits(std::cos(radians));
  const double sine = round_to_15_digits(std::sin(radians));
  const double center_x = width / 2.0;
  const double center_y = height / 2.0;
  const double offset_x = cosine * -center_x + sine * -center_y + center_x;
  const double offset_y = -sine * -center_x + cosine * -center_y + center_y;
  const auto fixed = [](double value) {
    return static_cast<std::int64_t>(std::floor(value * 65536.0 + 0.5));
  };
  const std::int64_t x_per_x = fixed(cosine);
  const std::int64_t x_per_y = fixed(sine);
  const std::int64_t y_per_x = fixed(-sine);
  const std::int64_t y_per_y = fixed(cosine);
  std::int64_t row_x = fixed(offset_x + cosine * 0.5 + sine * 0.5);
  std::int64_t row_y = fixed(offset_y - sine * 0.5 + cosine * 0.5);
  Image result(height, width);
  std::uint8_t* out = result.pixels.data();
  for (int y = 0; y < height; ++y, row_x += x_per_y, row_y += y_per_y) {
    std::int64_t at_x = row_x;
    std::int64_t at_y = row_y;
    for (int x = 0; x < width; ++x, at_x += x_per_x, at_y += y_per_x, out += kChannels) {
      const std::int64_t in_x = at_x >> 16;
      const std::int64_t in_y = at_y >> 16;
      if (in_x < 0 || in_x >= width || in_y < 0 || in_y >= height) continue;
      std::memcpy(out, image.row(static_cast<int>(in_y)) + in_x * kChannels, kChannels);
    }
  }
  return result;
}

Image apply_orientation(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const std::ptrdiff_t x_step = kChannels;
  const std::ptrdiff_t y_step = kChannels * image.width;
  const int height = image.height;
  const int width = image.width;
  const auto corner = [&](bool bottom, bool right) {
    return image.pixels.data() + (bottom ? y_step * (height - 1) : 0) +
           (right ? x_step * (width - 1) : 0);
  };
  switch (orientation) {
    case 2:
      return gather({corner(false, true), -x_step, y_step}, height, width);
    case 3:
      return gather({corner(true, true), -x_step, -y_step}, height, width);
    case 4:
      return gather({corner(true, false), x_step, -y_step}, height, width);
    case 5:
      return gather({corner(false, false), y_step, x_step}, width, height);
    case 6:
      return gather({corner(true, false), -y_step, x_step}, width, height);
    case 7:
      return gather({corner(true, true), -y_step, -x_step}, width, height);
    default:
      return gather({corner(false, true), y_step, -x_step}, width, height);
  }
}

}  // namespace engraft::image
