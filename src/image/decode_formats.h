// What decode_image() is made of: one decoder a format, each reading a whole file from memory. They
// give the picture as it is stored; decode_image() turns it upright.
#pragma once

#include <optional>
#include <string>

#include "base/expected.h"
#include "image/decode.h"
#include "image/image.h"

namespace engraft::image {

using FileView = std::span<const std::byte>;

struct StoredImage {
  Image image;
  int orientation = 1;  // EXIF's, 1 to 8
  int reduction = 1;    // as DecodedImage's
  std::string note;     // as DecodedImage's
};

// Each requires a file whose first bytes announce its format, and checks the claimed size against
// the limits before it allocates.
base::Expected<StoredImage> decode_jpeg(FileView file, const DecodeOptions& options);
base::Expected<StoredImage> decode_png(FileView file, const DecodeOptions& options);
base::Expected<StoredImage> decode_webp(FileView file, const DecodeOptions& options);
base::Expected<StoredImage> decode_gif(FileView file, const DecodeOptions& options);
base::Expected<StoredImage> decode_tiff(FileView file, const DecodeOptions& options);
base::Expected<StoredImage> decode_bmp(FileView file, const DecodeOptions& options);
base::Expected<StoredImage> decode_pnm(FileView file, const DecodeOptions& options);

// The Problem with a picture that claims to be this large, if there is one.
std::optional<base::Problem> size_problem(std::int64_t width, std::int64_t height,
                                          const Limits& limits);

// The Problem with one whose decoder keeps this many bytes beside the picture's own, three a pixel.
std::optional<base::Problem> memory_problem(std::int64_t pixels, std::int64_t bytes_beside,
                                            const Limits& limits);

}  // namespace engraft::image
