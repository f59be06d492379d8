#include <gtest/gtest.h>

#include <fstream>

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

}  // namespace
}  // namespace engraft::transforms
