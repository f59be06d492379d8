// Pictures from files: JPEG, PNG, WebP, GIF (first frame), TIFF, BMP and PNM, told apart by their
// content, never by their name. A file that cannot be read is a Problem with the reason, not an
// exception: data sets are full of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>

#include "base/expected.h"
#include "base/file.h"
#include "image/image.h"

namespace engraft::image {

// Counts up whenever a file can give other pixels, or another reason why it gives none, than
// before: what is remembered of pictures between runs (data/check_images, features/feature_cache)
// is then found anew.
constexpr int kDecoderVersion = 1;

enum class ImageFormat { kJpeg, kPng, kWebp, kGif, kTiff, kBmp, kPnm, kUnknown };

// The format that the first bytes announce.
ImageFormat sniff_image_format(std::span<const std::byte> file);

std::string to_string(ImageFormat format);  // "JPEG"

struct JpegNeeds {
  // By how much it may be decoded smaller: 1, 2, 4 or 8 (libjpeg then does less of the inverse
  // transform).
  int reduction = 1;
  // Rows [first_row, end_row) of the full picture are needed; others may be left black.
  int first_row = 0;
  int end_row = std::numeric_limits<int>::max();
};

// What one picture may ask of the machine, whatever its file claims. More is a Problem, found
// before anything of that size is allocated or computed.
struct Limits {
  // Pillow's limit. A progressive JPEG may also have no more scans than go twenty times over as
  // many pixels.
  std::int64_t max_pixels = 178'956'970;
  // Of a side: what is made of such a line of pixels may be far larger than it.
  std::int64_t max_side = 65'535;
  // Of its file, and of its pixels together with what the decoder keeps beside them.
  std::int64_t max_bytes = std::int64_t{1} << 31;
};

struct DecodeOptions {
  Limits limits;
  // Asked, with the upright picture's height and width, how little of a JPEG will do. Empty: all.
  std::function<JpegNeeds(int height, int width)> needs;
};

struct DecodedImage {
  Image image;
  int reduction = 1;  // as asked for
  std::string note;   // what was wrong but bearable ("cut off after 92 % of its rows"), else empty
};

// Decodes to 8-bit RGB as PIL's convert("RGB") does: grey is repeated, palettes are looked up,
// alpha is dropped, CMYK is converted, 16 bits keep their upper 8. EXIF orientation is applied, so
// that a picture always stands upright. A JPEG is used, with a note, where it is cut off after at
// least three quarters of its rows (a progressive one: after its first scan), or damaged in a way
// that PIL passes over; any other damage is a Problem.
base::Expected<DecodedImage> decode_image(std::span<const std::byte> file,
                                          DecodeOptions options = {});

// A file's bytes; a file that cannot be opened, or has more of them than a picture may, is a
// Problem.
base::Expected<base::Bytes> read_picture_file(const base::Path& path, const Limits& limits = {});

// The same from a file; a file that cannot be opened is a Problem too.
base::Expected<DecodedImage> read_image(const base::Path& path, DecodeOptions options = {});

}  // namespace engraft::image
