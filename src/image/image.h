// A picture in memory: 8-bit RGB, height × width × 3, rows from top to bottom, no padding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace engraft::image {

struct Image {
  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> pixels;  // height × width × 3

  Image() = default;
  Image(int rows, int columns)  // black
      : height(rows),
        width(columns),
        pixels(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) * 3) {}

  bool operator==(const Image&) const = default;

  std::uint8_t* row(int y) {
    return pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width) * 3;
  }
  const std::uint8_t* row(int y) const {
    return pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width) * 3;
  }
};

}  // namespace engraft::image
