// BMP: uncompressed, of 1 to 32 bits a pixel, in each of the header's generations, from bottom to
// top or from top to bottom. Our own, since TurboJPEG's loader refuses most headers newer than
// Windows 3's, and reads only from a path.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "image/decode_formats.h"

namespace engraft::image {
namespace {

constexpr std::size_t kFileHeader = 14;
constexpr std::uint32_t kCoreHeader = 12;  // OS/2's, with sizes of 16 bits
constexpr std::uint32_t kInfoHeader = 40;  // Windows 3's; later ones only add to it
constexpr std::uint32_t kPlain = 0;
constexpr std::uint32_t kBitFields = 3;

std::uint32_t number_at(FileView file, std::size_t offset, std::size_t bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes; i-- > 0;) {
    value = value << 8 | std::to_integer<std::uint32_t>(file[offset + i]);
  }
  return value;
}

using Masks = std::array<std::uint32_t, 3>;

struct Header {
  std::uint32_t size = 0;
  std::int64_t width = 0;
  std::int64_t height = 0;
  bool top_down = false;
  std::uint32_t bits = 0;
  std::uint32_t compression = kPlain;
  std::uint32_t colors = 0;  // as stated, zero for all
  std::uint32_t pixels = 0;  // the offset at which they begin
  Masks masks{};             // red, green, blue; for 16 and 32 bits
};

base::Expected<Header> read_header(FileView file) {
  if (file.size() < kFileHeader + kCoreHeader) return base::Problem{"cut off in its header"};
  Header header;
  header.pixels = number_at(file, 10, 4);
  header.size = number_at(file, 14, 4);
  if (header.size == kCoreHeader) {
    header.width = number_at(file, 18, 2);
    header.height = number_at(file, 20, 2);
    header.bits = number_at(file, 24, 2);
    return header;
  }
  if (header.size < kInfoHeader || header.size > 1024) return base::Problem{"damaged: its header"};
  if (file.size() < kFileHeader + header.size) return base::Problem{"cut off in its header"};
  header.width = static_cast<std::int32_t>(number_at(file, 18, 4));
  header.height = static_cast<std::int32_t>(number_at(file, 22, 4));
  header.top_down = header.height < 0;
  if (header.top_down) header.height = -header.height;
  header.bits = number_at(file, 28, 2);
  header.compression = number_at(file, 30, 4);
  header.colors = number_at(file, 46, 4);
  header.masks =
      header.bits == 16 ? Masks{0x7C00, 0x03E0, 0x001F} : Masks{0xFF0000, 0x00FF00, 0x0000FF};
  if (header.compression == kBitFields) {
    // At the same place whether they belong to the header or follow it.
    constexpr std::size_t kMasks = kFileHeader + kInfoHeader;
    if (file.size() < kMasks + 12) return base::Problem{"cut off in its header"};
    for (std::size_t i = 0; i < 3; ++i) header.masks[i] = number_at(file, kMasks + i * 4, 4);
  }
  return header;
}

using Rgb = std::array<std::uint8_t, 3>;

// The palette's colours, and its end in the file. Colours that the file does not have are shades of
// grey, as in PIL.
struct Palette {
  std::vector<Rgb> colors;
  std::size_t end;
};

Palette read_palette(FileView file, const Header& header) {
  const std::size_t entry = header.size == kCoreHeader ? 3 : 4;
  const std::size_t possible = std::size_t{1} << header.bits;
  const std::size_t stated = header.colors == 0 ? possible : header.colors;
  Palette palette{std::vector<Rgb>(possible), kFileHeader + header.size + stated * entry};
  for (std::size_t i = 0; i < possible; ++i) palette.colors[i].fill(static_cast<std::uint8_t>(i));
  FileView rest = file.subspan(kFileHeader + header.size);
  for (std::size_t i = 0; i < std::min(possible, stated) && rest.size() >= entry; ++i) {
    for (std::size_t c = 0; c < 3; ++c)
      palette.colors[i][c] = std::to_integer<std::uint8_t>(rest[2 - c]);
    rest = rest.subspan(entry);
  }
  return palette;
}

void unpack_indices(FileView row, std::uint32_t bits, const std::vector<Rgb>& palette,
                    std::span<std::uint8_t> rgb) {
  const std::uint32_t per_byte = 8 / bits;
  for (std::size_t x = 0; x < rgb.size() / 3; ++x) {
    const auto byte = std::to_integer<std::uint32_t>(row[x / per_byte]);
    const std::uint32_t shift = 8 - bits * (static_cast<std::uint32_t>(x % per_byte) + 1);
    std::ranges::copy(palette[byte >> shift & ((1u << bits) - 1)], &rgb[x * 3]);
  }
}

// Each colour is the bits under its mask, stretched to 0 ... 255.
void unpack_fields(FileView row, std::uint32_t bits, const Masks& masks,
                   std::span<std::uint8_t> rgb) {
  const std::size_t bytes = bits / 8;
  for (std::size_t x = 0; x < rgb.size() / 3; ++x) {
    const std::uint32_t pixel = number_at(row, x * bytes, bytes);
    for (std::size_t c = 0; c < 3; ++c) {
      const int shift = masks[c] == 0 ? 0 : std::countr_zero(masks[c]);
      const std::uint64_t largest = masks[c] >> shift;
      const std::uint64_t value = (pixel & masks[c]) >> shift;
      rgb[x * 3 + c] = static_cast<std::uint8_t>(largest == 0 ? 0 : value * 255 / largest);
    }
  }
}

void unpack_bgr(FileView row, std::span<std::uint8_t> rgb) {
  for (std::size_t x = 0; x < rgb.size(); x += 3) {
    for (std::size_t c = 0; c < 3; ++c) rgb[x + c] = std::to_integer<std::uint8_t>(row[x + 2 - c]);
  }
}

}  // namespace

base::Expected<StoredImage> decode_bmp(FileView file, const DecodeOptions& options) {
  const base::Expected<Header> read = read_header(file);
  if (!read) return read.problem();
  const Header& header = *read;
  if (auto problem = size_problem(header.width, header.height, options.limits)) return *problem;
  if (auto problem = memory_problem(header.width * header.height, 0, options.limits))
    return *problem;
  const std::uint32_t bits = header.bits;
  const bool indexed = bits == 1 || bits == 2 || bits == 4 || bits == 8;
  const bool fields = bits == 16 || bits == 32;
  const bool readable = header.compression == kPlain ? indexed || fields || bits == 24
                                                     : header.compression == kBitFields && fields;
  if (!readable) {
    return base::Problem{fmt::format(
        "a BMP of {} bits a pixel with compression {}, which is not read: convert it to PNG", bits,
        header.compression)};
  }

  // Some writers forget the palette when they say where the pixels begin.
  std::size_t start = header.pixels;
  Palette palette;
  if (indexed) {
    palette = read_palette(file, header);
    if (start <= kFileHeader + header.size) start = palette.end;
  }

  // Rows are padded to four bytes; the last one's padding is often missing.
  const std::size_t row_bytes = (static_cast<std::size_t>(header.width) * bits + 7) / 8;
  const std::size_t stride = (row_bytes + 3) / 4 * 4;
  const std::size_t needed = stride * static_cast<std::size_t>(header.height - 1) + row_bytes;
  if (start > file.size() || file.size() - start < needed) return base::Problem{"cut off"};

  StoredImage result;
  result.image = Image(static_cast<int>(header.height), static_cast<int>(header.width));
  FileView rows = file.subspan(start);
  for (int y = 0; y < result.image.height; ++y) {
    const FileView row = rows.first(row_bytes);
    const std::span rgb(result.image.row(header.top_down ? y : result.image.height - 1 - y),
                        static_cast<std::size_t>(result.image.width) * 3);
    if (indexed) {
      unpack_indices(row, bits, palette.colors, rgb);
    } else if (fields) {
      unpack_fields(row, bits, header.masks, rgb);
    } else {
      unpack_bgr(row, rgb);
    }
    rows = rows.subspan(std::min(stride, rows.size()));
  }
  return result;
}

}  // namespace engraft::image
