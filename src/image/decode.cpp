#include "image/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <new>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "engraft/error.h"
#include "image/decode_formats.h"
#include "image/geometry.h"

namespace engraft::image {
namespace {

using std::string_view_literals::operator""sv;

struct Format {
  ImageFormat format;
  std::string_view name;
  base::Expected<StoredImage> (*decode)(FileView, const DecodeOptions&);
};

constexpr std::array kFormats{
    Format{ImageFormat::kJpeg, "JPEG", decode_jpeg}, Format{ImageFormat::kPng, "PNG", decode_png},
    Format{ImageFormat::kWebp, "WebP", decode_webp}, Format{ImageFormat::kGif, "GIF", decode_gif},
    Format{ImageFormat::kTiff, "TIFF", decode_tiff}, Format{ImageFormat::kBmp, "BMP", decode_bmp},
    Format{ImageFormat::kPnm, "PNM", decode_pnm},
};

const Format* find_format(ImageFormat format) {
  for (const Format& candidate : kFormats) {
    if (candidate.format == format) return &candidate;
  }
  return nullptr;
}

std::string_view as_text(FileView file) {
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

// Formats that people have on their disks and that we do not read.
std::string_view unread_format(std::string_view text) {
  if (text.starts_with("\0\0\1\0"sv)) return "an ICO";
  if (text.starts_with("8BPS")) return "a Photoshop";
  if (text.starts_with("\xFF\x0A"sv) || text.starts_with("\0\0\0\x0CJXL "sv)) return "a JPEG XL";
  if (text.starts_with("\0\0\0\x0CjP  "sv)) return "a JPEG 2000";
  if (text.size() < 12 || text.substr(4, 4) != "ftyp") return "";
  const std::string_view brand = text.substr(8, 4);
  if (brand == "avif" || brand == "avis") return "an AVIF";
  if (brand.starts_with("he") || brand == "mif1" || brand == "msf1") return "a HEIC";
  return "a video";
}

// The first line's beginning, or the first bytes where they are no text.
std::string describe_beginning(std::string_view text) {
  constexpr std::size_t kShown = 24;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  std::string_view line = first == text.npos ? std::string_view() : text.substr(first, kShown);
  line = line.substr(0, line.find_first_of("\r\n"));
  std::size_t printable = 0;
  while (printable < line.size() && line[printable] >= ' ' && line[printable] <= '~') ++printable;
  if (printable >= 4 || (printable > 0 && printable == line.size())) {
    line = line.substr(0, printable);
    while (line.ends_with(' ')) line.remove_suffix(1);
    return fmt::format("\"{}\"", line);
  }
  std::string bytes = "bytes";
  for (const char c : text.substr(0, 4)) {
    bytes += fmt::format(" {:02x}", static_cast<unsigned char>(c));
  }
  return bytes;
}

base::Problem not_an_image(FileView file) {
  if (file.empty()) return {"zero bytes"};
  const std::string_view text = as_text(file);
  if (const std::string_view format = unread_format(text); !format.empty()) {
    return {fmt::format("{} file, which is not read: convert it to JPEG or PNG", format)};
  }
  return {fmt::format("not an image (starts with {})", describe_beginning(text))};
}

}  // namespace

ImageFormat sniff_image_format(FileView file) {
  const std::string_view text = as_text(file);
  if (text.starts_with("\xFF\xD8\xFF")) return ImageFormat::kJpeg;
  if (text.starts_with("\x89PNG\r\n\x1A\n")) return ImageFormat::kPng;
  if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP") {
    return ImageFormat::kWebp;
  }
  if (text.starts_with("GIF87a") || text.starts_with("GIF89a")) return ImageFormat::kGif;
  if (text.starts_with("II*\0"sv) || text.starts_with("MM\0*"sv) || text.starts_with("II+\0"sv) ||
      text.starts_with("MM\0+"sv)) {
    return ImageFormat::kTiff;
  }
  if (text.starts_with("BM")) return ImageFormat::kBmp;
  if (text.size() >= 3 && text[0] == 'P' && text[1] >= '1' && text[1] <= '7' &&
      " \t\r\n#"sv.find(text[2]) != std::string_view::npos) {
    return ImageFormat::kPnm;
  }
  return ImageFormat::kUnknown;
}

std::string to_string(ImageFormat format) {
  const Format* known = find_format(format);
  return std::string(known ? known->name : "unknown");
}

std::optional<base::Problem> size_problem(std::int64_t width, std::int64_t height,
                                          const Limits& limits) {
  if (width <= 0 || height <= 0) return base::Problem{"has no pixels"};
  // By division, since the product of two numbers from a file may not fit.
  if (width > limits.max_pixels / height) {
    return base::Problem{fmt::format("claims {} × {} pixels, more than the limit of {}", width,
                                     height, limits.max_pixels)};
  }
  if (std::max(width, height) > limits.max_side) {
    return base::Problem{fmt::format("claims {} × {} pixels; the limit of a side is {}", width,
                                     height, limits.max_side)};
  }
  return std::nullopt;
}

base::Expected<DecodedImage> decode_image(FileView file, DecodeOptions options) try {
  const Format* format = find_format(sniff_image_format(file));
  if (format == nullptr) return not_an_image(file);
  base::Expected<StoredImage> stored = format->decode(file, options);
  if (!stored) return stored.problem();
  return DecodedImage{.image = apply_orientation(std::move(stored->image), stored->orientation),
                      .reduction = stored->reduction,
                      .note = std::move(stored->note)};
} catch (const std::bad_alloc&) {
  return base::Problem{.reason = "there is not enough memory for its pixels", .passing = true};
}

std::optional<base::Problem> memory_problem(std::int64_t pixels, std::int64_t bytes_beside,
                                            const Limits& limits) {
  const std::int64_t own = 3 * pixels;  // of so few pixels that this is no large number
  if (own <= limits.max_bytes && bytes_beside <= limits.max_bytes - own) return std::nullopt;
  return base::Problem{
      fmt::format("takes {:.3g} GB to decode, more than the limit of {:.3g}",
                  (static_cast<double>(own) + static_cast<double>(bytes_beside)) / 1e9,
                  static_cast<double>(limits.max_bytes) / 1e9)};
}

base::Expected<base::Bytes> read_picture_file(const base::Path& path, const Limits& limits) {
  std::error_code unknown;  // said by read_file
  const std::uintmax_t bytes = std::filesystem::file_size(path, unknown);
  if (!unknown && bytes > static_cast<std::uintmax_t>(limits.max_bytes)) {
    return base::Problem{fmt::format("has {:.3g} GB, more than the limit of {:.3g}",
                                     static_cast<double>(bytes) / 1e9,
                                     static_cast<double>(limits.max_bytes) / 1e9)};
  }
  try {
    return base::read_file(path);
  } catch (const Error& error) {
    // The error begins with the path; a Problem's reason follows it.
    const std::string_view message = error.what();
    const std::string prefix = path.string() + ": ";
    return base::Problem{
        std::string(message.starts_with(prefix) ? message.substr(prefix.size()) : message)};
  } catch (const std::bad_alloc&) {
    return base::Problem{.reason = "there is not enough memory for the file", .passing = true};
  }
}

base::Expected<DecodedImage> read_image(const base::Path& path, DecodeOptions options) {
  const base::Expected<base::Bytes> file = read_picture_file(path, options.limits);
  if (!file) return file.problem();
  return decode_image(*file, std::move(options));
}

}  // namespace engraft::image
