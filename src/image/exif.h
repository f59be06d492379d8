// The one thing we want from EXIF: which way up the camera was held. Cameras, phones and editors
// write much that is broken here, so whatever cannot be understood means "as it stands".
#pragma once

#include <cstddef>
#include <span>

namespace engraft::image {

// The orientation, 1 to 8, in an EXIF block (a TIFF header and its first directory, with or without
// "Exif\0\0" before it); 1 where it is absent or the block is damaged.
int exif_orientation(std::span<const std::byte> block);

}  // namespace engraft::image
