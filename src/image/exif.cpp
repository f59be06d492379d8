#include "image/exif.h"

#include <cstdint>
#include <cstring>

namespace engraft::image {
namespace {

constexpr std::uint16_t kOrientationTag = 0x0112;
constexpr std::uint16_t kShort = 3;
constexpr std::uint16_t kLong = 4;

// Numbers at any offset of a block, in the byte order that it announces. Zero beyond its end.
struct Numbers {
  std::span<const std::byte> block;
  bool big_endian = false;

  std::uint32_t at(std::size_t offset, std::size_t bytes) const {
    if (offset > block.size() || block.size() - offset < bytes) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      const std::size_t from = big_endian ? offset + i : offset + bytes - 1 - i;
      value = value << 8 | std::to_integer<std::uint32_t>(block[from]);
    }
    return value;
  }
  std::uint16_t u16(std::size_t offset) const { return static_cast<std::uint16_t>(at(offset, 2)); }
  std::uint32_t u32(std::size_t offset) const { return at(offset, 4); }
};

bool starts_with(std::span<const std::byte> block, const char* text, std::size_t length) {
  return block.size() >= length && std::memcmp(block.data(), text, length) == 0;
}

}  // namespace

int exif_orientation(std::span<const std::byte> block) {
  if (starts_with(block, "Exif\0\0", 6)) block = block.subspan(6);
  Numbers numbers{block};
  if (starts_with(block, "MM", 2)) {
    numbers.big_endian = true;
  } else if (!starts_with(block, "II", 2)) {
    return 1;
  }
  if (numbers.u16(2) != 42) return 1;
  const std::size_t directory = numbers.u32(4);
  const std::size_t entries = numbers.u16(directory);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * 12;
    if (entry >= block.size()) return 1;
    if (numbers.u16(entry) != kOrientationTag) continue;
    std::uint32_t value = 0;
    if (numbers.u16(entry + 2) == kShort) value = numbers.u16(entry + 8);
    if (numbers.u16(entry + 2) == kLong) value = numbers.u32(entry + 8);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace engraft::image
