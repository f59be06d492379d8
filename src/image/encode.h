// Pictures to files in memory; write_atomically() puts them on the disk.
#pragma once

#include "base/file.h"
#include "image/decode.h"
#include "image/image.h"

namespace engraft::image {

// What a file's name says that it is to be: kPng for .png, kJpeg for .jpg and .jpeg, in any case.
// Throws Error that lists the endings.
ImageFormat format_by_name(const base::Path& file);

// As one of those two.
base::Bytes encode(const Image& image, ImageFormat format);

// quality is libjpeg's, 1 to 100; 4:2:0 chroma. Throws Error for an empty picture.
base::Bytes encode_jpeg(const Image& image, int quality = 90);

base::Bytes encode_png(const Image& image);

}  // namespace engraft::image
