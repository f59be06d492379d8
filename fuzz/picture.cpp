// Pictures of one format: FUZZ_FORMAT.
#include "image/decode.h"
#include "target.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  if (image::sniff_image_format(bytes) != image::ImageFormat::FUZZ_FORMAT) return;
  // So few pixels that a second is enough for many pictures.
  const base::Expected<image::DecodedImage> decoded =
      image::decode_image(bytes, {.limits = {.max_pixels = 1 << 18}});
  if (!decoded) return require(!decoded.reason().empty());
  const image::Image& picture = decoded->image;
  require(picture.height > 0 && picture.width > 0 &&
          picture.pixels.size() == static_cast<std::size_t>(picture.height) *
                                       static_cast<std::size_t>(picture.width) * 3);
}
