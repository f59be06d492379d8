#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/random.h"
#include "base/testing/folders.h"
#include "image/decode.h"
#include "transforms/transforms.h"

namespace engraft::transforms {

namespace {

base::Path testdata(const char* name) {
  return base::source_folder() / "src/transforms/testdata" / name;
}

image::Image load(const char* name) {
  base::Expected<image::DecodedImage> decoded = image::read_image(testdata(name));
  if (!decoded) throw std::runtime_error(std::string(name) + ": " + decoded.reason());
  return (*std::move(decoded)).image;
}

// Every pixel tells its place.
image::Image numbered(int height, int width) {
  image::Image image(height, width);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* pixel = image.row(y) + 3 * x;
      pixel[0] = static_cast<std::uint8_t>(y + 1);
      pixel[1] = static_cast<std::uint8_t>(x + 1);
      pixel[2] = static_cast<std::uint8_t>(200);
    }
  }
  return image;
}

image::Image apply_text(const char* text, const image::Image& image, std::uint64_t seed = 0) {
  base::Random random({seed});
  return apply(parse_pipeline(text), image, random);
}

TEST(Apply, EvalPipelineEqualsTorchvision) {
  const image::Image result = apply_text("resize(256) center_crop(224)", load("picture.png"));
  const image::Image expected = load("resize256_center_crop224.png");
  ASSERT_EQ(result.pixels.size(), expected.pixels.size());
  ASSERT_EQ(result.width, expected.width);
  double sum = 0;
  int largest = 0;
  for (std::size_t i = 0; i < result.pixels.size(); ++i) {
    const int difference = std::abs(result.pixels[i] - expected.pixels[i]);
    sum += difference;
    largest = std::max(largest, difference);
  }
  EXPECT_LE(sum / static_cast<double>(result.pixels.size()), 0.5);
  EXPECT_LE(largest, 3);
}

TEST(Apply, DoesTheStepsInOrder) {
  const image::Image image = numbered(40, 60);
  const image::Image expected =
      image::flip_horizontal(image::center_crop(image::resize(image, 20, 30), 16, 24));
  EXPECT_EQ(apply_text("resize(20x30) center_crop(16x24) hflip(1)", image), expected);
  EXPECT_EQ(apply_text("", image), image);
  EXPECT_EQ(apply_text("hflip(0)", image), image);
  EXPECT_EQ(apply_text("resize(20)", image), image::resize(image, 20, 30));
  EXPECT_EQ(apply_text("resize(20x20,interpolation=bicubic)", image),
            image::resize(image, 20, 20, image::Interpolation::kBicubic));
  EXPECT_EQ(apply_text("resize(20x20,antialias=false)", image),
            image::resize(image, 20, 20, image::Interpolation::kPlainBilinear));
}

TEST(Apply, RandomStepsFollowTheirStream) {
  const image::Image image = numbered(40, 60);
  const char* text = "random_resized_crop(32,scale=0.3:1) random_rotation(20) hflip";
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    base::Random random({seed});
    const RandomResizedCropStep step{32, 32, 0.3F, 1};
    const image::Box box = random_resized_crop_box(40, 60, step, random);
    image::Image expected =
        image::rotate(image::resize(image, box, 32, 32), random.uniform(-20, 20));
    if (random.chance(0.5F)) expected = image::flip_horizontal(expected);
    EXPECT_EQ(apply_text(text, image, seed), expected);
  }
  EXPECT_FALSE(apply_text(text, image, 1) == apply_text(text, image, 2));
}

TEST(Apply, OnlyRandomStepsDraw) {
  base::Random used({3});
  base::Random untouched({3});
  apply(parse_pipeline("resize(20) center_crop(16)"), numbered(40, 60), used);
  EXPECT_EQ(used.bits(), untouched.bits());
}

TEST(Apply, FlipsAsOftenAsAsked) {
  const image::Image image = numbered(1, 2);
  const Pipeline pipeline = parse_pipeline("hflip(0.3)");
  int flipped = 0;
  for (std::uint64_t seed = 0; seed < 10000; ++seed) {
    base::Random random({seed});
    flipped += apply(pipeline, image, random).pixels[1] == 2 ? 1 : 0;
  }
  EXPECT_NEAR(flipped, 3000, 230);  // 5 standard deviations
}

TEST(Apply, RandomCropReachesEveryPlace) {
  const image::Image image = numbered(5, 6);
  const Pipeline pipeline = parse_pipeline("random_crop(3x4)");
  std::set<std::pair<int, int>> places;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    base::Random random({seed});
    const image::Image result = apply(pipeline, image, random);
    const int top = result.pixels[0] - 1;
    const int left = result.pixels[1] - 1;
    EXPECT_EQ(result, image::crop(image, {top, left, 3, 4}));
    places.insert({top, left});
  }
  EXPECT_EQ(places.size(), 9U);
}

TEST(Apply, RandomCropPadsASmallPicture) {
  const image::Image image = numbered(2, 10);
  const Pipeline pipeline = parse_pipeline("random_crop(4x4)");
  std::set<int> tops;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    base::Random random({seed});
    const image::Image result = apply(pipeline, image, random);
    int first = 0;
    while (first < 4 && result.row(first)[2] == 0) ++first;
    ASSERT_LE(first, 2);
    for (int y = 0; y < 4; ++y) {
      const bool inside = y == first || y == first + 1;
      for (int x = 0; x < 4; ++x) EXPECT_EQ(result.row(y)[3 * x + 2], inside ? 200 : 0);
    }
    tops.insert(first);
  }
  EXPECT_EQ(tops, (std::set<int>{0, 1, 2}));
}

TEST(Apply, APictureThatIsAllButALineStaysBearable) {
  const image::Image result = apply_text("resize(8) center_crop(6)", numbered(1, 200000));
  EXPECT_EQ(result.height, 6);
  EXPECT_EQ(result.width, 6);
  EXPECT_EQ(apply_text("resize(8)", image::Image(200000, 1)).height, 65536);
}

TEST(OutputSize, IsKnownWherePicturesEndAlike) {
  const auto size_of = [](const char* text) {
    const image::Size size = output_size(parse_pipeline(text));
    return std::pair(size.height, size.width);
  };
  EXPECT_EQ(size_of("resize(256) center_crop(224)"), std::pair(224, 224));
  EXPECT_EQ(size_of("resize(30x40) random_rotation(5) hflip"), std::pair(30, 40));
  EXPECT_EQ(size_of("random_resized_crop(24x36)"), std::pair(24, 36));
  EXPECT_EQ(size_of("random_crop(5)"), std::pair(5, 5));
  EXPECT_EQ(size_of("center_crop(30x60) resize(10)"), std::pair(10, 20));
  EXPECT_EQ(size_of("resize(256)"), std::pair(0, 0));
  EXPECT_EQ(size_of("center_crop(8) resize(256) hflip"), std::pair(256, 256));
  EXPECT_EQ(size_of("hflip"), std::pair(0, 0));
  EXPECT_EQ(size_of(""), std::pair(0, 0));
}

TEST(IsRandom, KnowsWhatCanDiffer) {
  for (const char* text : {"random_resized_crop(8)", "resize(8) random_rotation(5)", "hflip",
                           "random_crop(8)", "resize(9x8) random_crop(8)", "hflip(0.01)"}) {
    EXPECT_TRUE(is_random(parse_pipeline(text))) << text;
  }
  for (const char* text :
       {"", "resize(256) center_crop(224)", "hflip(0)", "hflip(1)", "random_rotation(0)",
        "random_rotation(90:90)", "resize(8x8) random_crop(8)"}) {
    EXPECT_FALSE(is_random(parse_pipeline(text))) << text;
    EXPECT_EQ(apply_text(text, numbered(20, 30), 1), apply_text(text, numbered(20, 30), 2)) << text;
  }
}

TEST(RandomResizedCropBox, HasTorchvisionsSizes) {
  std::ifstream file(testdata("crop_sizes.txt"));
  RandomResizedCropStep step{224, 224};
  int height = 0, width = 0, box_height = 0, box_width = 0, cases = 0;
  while (file >> height >> width >> step.scale_low >> step.ratio_low >> box_height >> box_width) {
    step.scale_high = step.scale_low;
    step.ratio_high = step.ratio_low;
    base::Random random({1});
    const image::Box box = random_resized_crop_box(height, width, step, random);
    EXPECT_EQ(box.height, box_height) << height << " x " << width << ", " << step.scale_low;
    EXPECT_EQ(box.width, box_width) << height << " x " << width << ", " << step.ratio_low;
    ++cases;
  }
  EXPECT_EQ(cases, 400);
}

TEST(RandomResizedCropBox, LiesWithinThePicture) {
  base::Random random({4});
  for (int i = 0; i < 20000; ++i) {
    const int height = 1 + static_cast<int>(random.below(i % 2 == 0 ? 5 : 700));
    const int width = 1 + static_cast<int>(random.below(i % 3 == 0 ? 5 : 700));
    RandomResizedCropStep step{8, 8};
    if (i % 5 == 0) step = {8, 8, 0, 0.001F, 0.01F, 100};
    if (i % 7 == 0) step = {8, 8, 0.5F, 1, 50, 100};
    const image::Box box = random_resized_crop_box(height, width, step, random);
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

TEST(RandomResizedCropBox, IsDistributedAsTorchvisions) {
  std::ifstream file(testdata("crop_statistics.txt"));
  int height = 0, width = 0, draws = 0, settings = 0;
  double scale[2], ratio[2];
  while (file >> height >> width >> scale[0] >> scale[1] >> ratio[0] >> ratio[1] >> draws) {
    std::array<Counts, 4> expected{};
    std::array<Counts, 4> drawn{};
    for (Counts& counts : expected) {
      for (int& count : counts) file >> count;
    }
    const RandomResizedCropStep step{224,
                                     224,
                                     static_cast<float>(scale[0]),
                                     static_cast<float>(scale[1]),
                                     static_cast<float>(ratio[0]),
                                     static_cast<float>(ratio[1])};
    base::Random random({5});
    for (int i = 0; i < draws; ++i) {
      const image::Box box = random_resized_crop_box(height, width, step, random);
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
