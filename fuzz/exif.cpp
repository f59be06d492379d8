#include "image/exif.h"

#include "target.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  const int orientation = image::exif_orientation(bytes);
  require(orientation >= 1 && orientation <= 8);
}
