#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>

#include "base/file.h"
#include "base/testing/folders.h"
#include "transforms/normalization.h"

namespace engraft::transforms {
namespace {

// Every value once in each channel, in different places.
image::Image all_values() {
  image::Image image(8, 32);
  for (std::size_t i = 0; i < 256; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      image.pixels[3 * i + c] = static_cast<std::uint8_t>((i * 7 + c * 50) % 256);
    }
  }
  return image;
}

TEST(ToNormalizedTensor, EqualsTorchvision) {
  std::ifstream file(base::source_folder() / "src/transforms/testdata/normalized.txt");
  const image::Image image = all_values();
  std::vector<float> tensor(image.pixels.size());
  to_normalized_tensor(image, {}, tensor);
  std::size_t channel = 0;
  std::size_t value = 0;
  float expected = 0;
  int compared = 0;
  while (file >> channel >> value >> expected) {
    for (std::size_t i = 0; i < 256; ++i) {
      if (image.pixels[3 * i + channel] != value) continue;
      EXPECT_NEAR(tensor[256 * channel + i], expected, 1e-6F);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 768);
}

TEST(ToNormalizedTensor, UsesEachChannelsMeanAndDeviation) {
  image::Image image(1, 1);
  image.pixels = {0, 255, 51};
  std::vector<float> tensor(3);
  to_normalized_tensor(image, {{0.5F, 0.5F, 0.0F}, {0.5F, 0.25F, 1.0F}}, tensor);
  EXPECT_FLOAT_EQ(tensor[0], -1);
  EXPECT_FLOAT_EQ(tensor[1], 2);
  EXPECT_FLOAT_EQ(tensor[2], 0.2F);
}

TEST(ToImage, UndoesNormalization) {
  const image::Image image = all_values();
  for (const Normalization& normalization :
       {Normalization{}, Normalization{{0, 0, 0}, {1, 1, 1}},
        Normalization{{0.5F, 0.1F, 0.9F}, {0.5F, 3.0F, 0.01F}}}) {
    std::vector<float> tensor(image.pixels.size());
    to_normalized_tensor(image, normalization, tensor);
    const image::Image back = to_image(tensor, image.height, image.width, normalization);
    EXPECT_EQ(back.height, image.height);
    EXPECT_EQ(back.width, image.width);
    EXPECT_EQ(back.pixels, image.pixels);
  }
}

TEST(ToImage, ClampsWhatNoPixelCanShow) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> tensor{-3, 3, kInfinity, -kInfinity, std::nanf(""), 1};
  const image::Image image = to_image(tensor, 1, 2, {{0, 0, 0}, {1, 1, 1}});
  EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{0, 255, 0, 255, 0, 255}));
}

}  // namespace
}  // namespace engraft::transforms
