#include "image/text.h"

#include <algorithm>

#include "image/font.h"

namespace engraft::image {
namespace {

constexpr int kAdvance = kGlyphWidth + 1;

// Bytes of UTF-8 that continue a character rather than begin one.
bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

int count_characters(std::string_view text) {
  return static_cast<int>(std::ranges::count_if(text, [](char byte) { return !continues(byte); }));
}

// The first `characters` of `text`, whole.
std::string_view first_characters(std::string_view text, int characters) {
  std::size_t end = 0;
  while (end < text.size() && (continues(text[end]) || characters-- > 0)) ++end;
  return text.substr(0, end);
}

void fill(Image& image, int top, int left, int size, Color color) {
  for (int y = std::max(top, 0); y < std::min(top + size, image.height); ++y) {
    for (int x = std::max(left, 0); x < std::min(left + size, image.width); ++x) {
      std::ranges::copy(color, image.row(y) + std::ptrdiff_t{3} * x);
    }
  }
}

}  // namespace

TextSize text_size(std::string_view text, int scale) {
  const int characters = count_characters(text);
  return {kGlyphHeight * scale, characters == 0 ? 0 : (characters * kAdvance - 1) * scale};
}

void draw_text(Image& image, int top, int left, std::string_view text, Color color, int scale) {
  for (const char byte : text) {
    if (continues(byte)) continue;
    const Glyph& glyph = glyph_of(byte);
    for (int y = 0; y < kGlyphHeight; ++y) {
      for (int x = 0; x < kGlyphWidth; ++x) {
        if ((glyph[static_cast<std::size_t>(y)] >> (kGlyphWidth - 1 - x) & 1) == 0) continue;
        fill(image, top + y * scale, left + x * scale, scale, color);
      }
    }
    left += kAdvance * scale;
  }
}

std::string fit_text(std::string_view text, int width, int scale) {
  const int fitting = (width / scale + 1) / kAdvance;
  if (count_characters(text) <= fitting) return std::string(text);
  if (fitting < 2) return std::string(static_cast<std::size_t>(std::max(fitting, 0)), '.');
  return std::string(first_characters(text, fitting - 2)) + "..";
}

}  // namespace engraft::image
