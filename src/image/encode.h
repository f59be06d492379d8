// Pictures to files in memory; write_atomically() puts them on the disk.
#pragma once

#include "base/file.h"
#include "image/image.h"

namespace engraft::image {

// quality is libjpeg's, 1 to 100; 4:2:0 chroma. Throws Error for an empty picture.
base::Bytes encode_jpeg(const Image& image, int quality = 90);

base::Bytes encode_png(const Image& image);

}  // namespace engraft::image
