// JPEGs decoded no further than a pipeline needs: the first byte says which.
#include <array>

#include "base/random.h"
#include "target.h"
#include "transforms/load_picture.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  static const std::array pipelines{
      transforms::parse_pipeline("resize(8)"),
      transforms::parse_pipeline("resize(16x12) center_crop(8)"),
      transforms::parse_pipeline("resize(9) center_crop(5x9) hflip"),
      transforms::parse_pipeline("random_resized_crop(6) hflip"),
      transforms::parse_pipeline("resize(30,interpolation=bicubic) random_crop(7)"),
      transforms::parse_pipeline("center_crop(40)")};
  if (bytes.empty()) return;
  const auto choice = std::to_integer<std::size_t>(bytes[0]);
  base::Random random({choice});
  const base::Expected<image::Image> picture =
      transforms::load_picture(bytes.subspan(1), pipelines[choice % pipelines.size()], random,
                               {.limits = {.max_pixels = 1 << 18}});
  require(picture ? picture->height > 0 && picture->width > 0 : !picture.reason().empty());
}
