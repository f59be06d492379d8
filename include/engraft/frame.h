// A picture in the caller's memory: a camera's, or what another library has decoded.
#pragma once

#include <cstddef>
#include <cstdint>

namespace engraft {

// 8-bit red, green, blue, height × width × 3, rows from top to bottom. A Frame owns nothing and
// copies nothing: the pixels must stay as they are until the call that takes it has returned.
struct Frame {
  const std::uint8_t* pixels = nullptr;  // the first row's first
  int height = 0;
  int width = 0;
  std::ptrdiff_t stride = 0;  // bytes from a row to the next; 0: 3 × width; below 0: bottom-up
};

}  // namespace engraft
