// A pixel font of our own for printable ASCII: 5 pixels wide, 7 above the baseline and 2 below it,
// so that small pictures can carry labels without a font library.
#pragma once

#include <array>
#include <cstdint>

namespace engraft::image {

constexpr int kGlyphWidth = 5;
constexpr int kGlyphHeight = 9;

// Rows from top to bottom; the leftmost pixel is bit 4.
using Glyph = std::array<std::uint8_t, kGlyphHeight>;

// The glyph of a character; a box for any that is not printable ASCII.
const Glyph& glyph_of(char character);

}  // namespace engraft::image
