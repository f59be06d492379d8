// A data set of drawn photos for measurements: draw_pictures FOLDER COUNT writes COUNT JPEGs of
// 500 × 375 pixels, half of them ants, half bees.
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "base/parallel.h"
#include "demo/drawn.h"
#include "image/encode.h"
#include "image/geometry.h"

int main(int argc, char** argv) {
  using namespace engraft;
  if (argc != 3) {
    fmt::print(stderr, "usage: draw_pictures FOLDER COUNT\n");
    return EXIT_FAILURE;
  }
  const base::Path folder = argv[1];
  const auto count = static_cast<std::size_t>(std::strtoull(argv[2], nullptr, 10));
  std::filesystem::create_directories(folder / "ants");
  std::filesystem::create_directories(folder / "bees");
  base::parallel_for(count, base::usable_processors(), [&](std::size_t i, int) {
    const demo::Insect kind = i % 2 == 0 ? demo::Insect::kAnt : demo::Insect::kBee;
    base::Random random({42, i});
    const image::Image image = image::resize(demo::draw_insect(kind, 128, random), 375, 500);
    base::write_atomically(
        folder / (kind == demo::Insect::kAnt ? "ants" : "bees") / fmt::format("{:06}.jpg", i),
        image::encode_jpeg(image, 88));
  });
  return EXIT_SUCCESS;
}
