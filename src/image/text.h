// Text on pictures, in a small pixel font of our own: labels under the pictures of a grid.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "image/image.h"

namespace engraft::image {

using Color = std::array<std::uint8_t, 3>;

struct TextSize {
  int height = 0;
  int width = 0;
};

// The extent of `text` (UTF-8; characters beyond the font's show as a box) in pixels.
TextSize text_size(std::string_view text, int scale = 1);

// Draws with the upper left corner at (top, left); what lies outside the picture is cut off.
void draw_text(Image& image, int top, int left, std::string_view text, Color color, int scale = 1);

// `text`, cut with an ellipsis ("..") so that it is at most `width` pixels wide.
std::string fit_text(std::string_view text, int width, int scale = 1);

}  // namespace engraft::image
