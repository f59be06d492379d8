// PBM, PGM and PPM, as text (P1 to P3) and as bytes (P4 to P6), up to 16 bits a sample.
#include <fmt/format.h>

#include <algorithm>

#include "image/decode_formats.h"

namespace engraft::image {
namespace {

bool blank(std::byte byte) {
  const auto c = std::to_integer<char>(byte);
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool digit(std::byte byte) { return byte >= std::byte{'0'} && byte <= std::byte{'9'}; }

// Takes blanks and comments from the front of a file.
void skip_blanks(FileView& file) {
  bool comment = false;
  while (!file.empty() && (comment || blank(file[0]) || file[0] == std::byte{'#'})) {
    if (file[0] == std::byte{'#'}) comment = true;
    if (file[0] == std::byte{'\n'}) comment = false;
    file = file.subspan(1);
  }
}

// Takes the next number, of at most `digits` digits; -1 where there is none.
std::int64_t next_number(FileView& file, int digits = 9) {
  skip_blanks(file);
  std::int64_t number = -1;
  while (digits-- > 0 && !file.empty() && digit(file[0])) {
    number = std::max<std::int64_t>(number, 0) * 10 + std::to_integer<int>(file[0]) - '0';
    file = file.subspan(1);
  }
  return number;
}

// What follows the kind: its samples, however they are stored, one after the other as 0 ... 255.
struct Samples {
  FileView rest;
  bool text;
  bool bits;  // 1 is black
  std::int64_t largest;

  // Fills a row; false where the file ends before it.
  bool read_row(std::span<std::uint8_t> row) {
    if (bits && !text) return read_bits(row);
    for (std::uint8_t& sample : row) {
      const std::int64_t value = text ? next_number(rest, bits ? 1 : 9) : next_bytes();
      if (value < 0) return false;
      const std::int64_t level = (std::min(value, largest) * 510 + largest) / (2 * largest);
      sample = static_cast<std::uint8_t>(bits ? 255 - level : level);
    }
    return true;
  }

 private:
  bool read_bits(std::span<std::uint8_t> row) {
    const std::size_t bytes = (row.size() + 7) / 8;
    if (rest.size() < bytes) return false;
    for (std::size_t x = 0; x < row.size(); ++x) {
      row[x] = (rest[x / 8] >> (7 - x % 8) & std::byte{1}) != std::byte{0} ? 0 : 255;
    }
    rest = rest.subspan(bytes);
    return true;
  }
  std::int64_t next_bytes() {
    const std::size_t bytes = largest > 255 ? 2 : 1;
    if (rest.size() < bytes) return -1;
    std::int64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | std::to_integer<int>(rest[i]);
    rest = rest.subspan(bytes);
    return value;
  }
};

}  // namespace

base::Expected<StoredImage> decode_pnm(FileView file, const DecodeOptions& options) {
  const int kind = std::to_integer<int>(file[1]) - '0';
  if (kind == 7) return base::Problem{"a PAM picture, which is not read: convert it to PNG"};
  const bool bits = kind == 1 || kind == 4;
  const bool text = kind <= 3;
  const bool color = kind == 3 || kind == 6;
  FileView rest = file.subspan(2);
  const std::int64_t width = next_number(rest);
  const std::int64_t height = next_number(rest);
  const std::int64_t largest = bits ? 1 : next_number(rest);
  if (width < 0 || height < 0 || largest < 1 || largest > 65535) {
    return base::Problem{rest.empty() ? "cut off in its header" : "damaged: its header"};
  }
  if (auto problem = size_problem(width, height, options.limits)) return *problem;
  if (auto problem = memory_problem(width * height, 0, options.limits)) return *problem;
  // One blank ends the header. The smallest file possible has a bit or a digit for each sample.
  if (!rest.empty() && !text) rest = rest.subspan(1);
  const std::int64_t row_samples = width * (color ? 3 : 1);
  const std::int64_t row_bytes = bits && !text ? (width + 7) / 8 : row_samples;
  if (static_cast<std::int64_t>(rest.size()) / height < row_bytes) return base::Problem{"cut off"};

  StoredImage result;
  result.image = Image(static_cast<int>(height), static_cast<int>(width));
  Samples samples{rest, text, bits, largest};
  std::vector<std::uint8_t> row(static_cast<std::size_t>(row_samples));
  for (int y = 0; y < result.image.height; ++y) {
    if (!samples.read_row(row)) return base::Problem{"cut off"};
    std::uint8_t* out = result.image.row(y);
    const std::size_t repeat = color ? 1 : 3;
    for (std::size_t i = 0; i < row.size() * repeat; ++i) out[i] = row[i / repeat];
  }
  return result;
}

}  // namespace engraft::image
