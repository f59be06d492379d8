#include "transforms/crops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <variant>

#include "base/file.h"
#include "base/testing/folders.h"

namespace engraft::transforms {
namespace {

base::Path testdata(const char* name) {
  return base::source_folder() / "src/transforms/testdata" / name;
}

image::Box part_of(const RandomResizedCrop& crop, image::Size picture, base::Random& random) {
  return std::get<Resample>(crop.draw(picture, random)).part;
}

TEST(RandomResizedCrop, HasTorchvisionsSizes) {
  std::ifstream file(testdata("crop_sizes.txt"));
  RandomResizedCrop crop{{224, 224}};
  int height = 0, width = 0, box_height = 0, box_width = 0, cases = 0;
  while (file >> height >> width >> crop.scale.low >> crop.ratio.low >> box_height >> box_width) {
    crop.scale.high = crop.scale.low;
    crop.ratio.high = crop.ratio.low;
    base::Random random({1});
    const image::Box box = part_of(crop, {height, width}, random);
    EXPECT_EQ(box.height, box_height) << height << " x " << width << ", " << crop.scale.low;
    EXPECT_EQ(box.width, box_width) << height << " x " << width << ", " << crop.ratio.low;
    ++cases;
  }
  EXPECT_EQ(cases, 400);
}

TEST(RandomResizedCrop, LiesWithinThePicture) {
  base::Random random({4});
  for (int i = 0; i < 20000; ++i) {
    const int height = 1 + static_cast<int>(random.below(i % 2 == 0 ? 5 : 700));
    const int width = 1 + static_cast<int>(random.below(i % 3 == 0 ? 5 : 700));
    RandomResizedCrop crop{{8, 8}};
    if (i % 5 == 0) crop = {{8, 8}, {0, 0.001F}, {0.01F, 100}};
    if (i % 7 == 0) crop = {{8, 8}, {0.5F, 1}, {50, 100}};
    const image::Box box = part_of(crop, {height, width}, random);
    ASSERT_GE(box.top, 0);
    ASSERT_GE(box.left, 0);
    ASSERT_GE(box.height, 1);
    ASSERT_GE(box.width, 1);
    ASSERT_LE(box.top + box.height, height);
    ASSERT_LE(box.left + box.width, width);
  }
}

using Counts = std::array<int, 10>;

// The same bins as in tools/golden/transforms.py.
std::size_t bin_of(double value, double low, double high) {
  return static_cast<std::size_t>(
      std::clamp(static_cast<int>((value - low) / (high - low) * 10), 0, 9));
}

// Chi-square of two counts with equally many draws; 9 degrees of freedom, above 33.7 once in
// 10,000.
double chi_square(const Counts& a, const Counts& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = a[i] - b[i];
    if (a[i] + b[i] > 0) sum += difference * difference / (a[i] + b[i]);
  }
  return sum;
}

TEST(RandomResizedCrop, IsDistributedAsTorchvisions) {
  std::ifstream file(testdata("crop_statistics.txt"));
  int height = 0, width = 0, draws = 0, settings = 0;
  double scale[2], ratio[2];
  while (file >> height >> width >> scale[0] >> scale[1] >> ratio[0] >> ratio[1] >> draws) {
    std::array<Counts, 4> expected{};
    std::array<Counts, 4> drawn{};
    for (Counts& counts : expected) {
      for (int& count : counts) file >> count;
    }
    const RandomResizedCrop crop{{224, 224},
                                 {static_cast<float>(scale[0]), static_cast<float>(scale[1])},
                                 {static_cast<float>(ratio[0]), static_cast<float>(ratio[1])}};
    base::Random random({5});
    for (int i = 0; i < draws; ++i) {
      const image::Box box = part_of(crop, {height, width}, random);
      const double share = static_cast<double>(box.height * box.width) / (height * width);
      const double shape = std::log(static_cast<double>(box.width) / box.height);
      const double top = static_cast<double>(box.top) / (height - box.height + 1);
      const double left = static_cast<double>(box.left) / (width - box.width + 1);
      ++drawn[0][bin_of(share, scale[0], scale[1])];
      ++drawn[1][bin_of(shape, std::log(ratio[0]), std::log(ratio[1]))];
      ++drawn[2][bin_of(top, 0, 1)];
      ++drawn[3][bin_of(left, 0, 1)];
    }
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      EXPECT_LT(chi_square(drawn[i], expected[i]), 33.7) << height << " x " << width << ", " << i;
    }
    ++settings;
  }
  EXPECT_EQ(settings, 4);
}

}  // namespace
}  // namespace engraft::transforms
