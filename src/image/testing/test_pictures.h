// What the tests of this folder share: their stored pictures and how pictures are compared.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/file.h"
#include "base/testing/folders.h"
#include "image/decode.h"
#include "image/image.h"

namespace engraft::image {

inline base::Path testdata() { return base::source_folder() / "src/image/testdata"; }

inline Image load_picture(const base::Path& path) {
  base::Expected<DecodedImage> decoded = read_image(path);
  if (!decoded) {
    ADD_FAILURE() << path << ": " << decoded.reason();
    return {};
  }
  return std::move(decoded->image);
}

struct Difference {
  double mean = 255;
  int largest = 255;
};

// In levels of 255; the greatest possible for pictures of different sizes.
inline Difference difference(const Image& a, const Image& b) {
  if (a.height != b.height || a.width != b.width || a.pixels.empty()) return {};
  Difference result{0, 0};
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    const int d = std::abs(a.pixels[i] - b.pixels[i]);
    result.mean += d;
    result.largest = std::max(result.largest, d);
  }
  result.mean /= static_cast<double>(a.pixels.size());
  return result;
}

inline bool same(const Image& a, const Image& b) {
  return a.height == b.height && a.width == b.width && a.pixels == b.pixels;
}

// Every pixel another, so that whatever is moved is seen to move.
inline Image numbered_picture(int height, int width) {
  Image image(height, width);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  }
  return image;
}

}  // namespace engraft::image
