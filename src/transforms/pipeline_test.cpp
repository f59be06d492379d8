#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/random.h"
#include "base/testing/folders.h"
#include "image/decode.h"
#include "transforms/pipeline.h"

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
  return perform(draw(parse_pipeline(text), {image.height, image.width}, random), image);
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
    const RandomResizedCrop crop{{32, 32}, {0.3F, 1}};
    image::Image expected = perform(crop.draw({40, 60}, random), image);
    expected = image::rotate(expected, random.uniform(-20, 20));
    if (random.chance(0.5F)) expected = image::flip_horizontal(expected);
    EXPECT_EQ(apply_text(text, image, seed), expected);
  }
  EXPECT_FALSE(apply_text(text, image, 1) == apply_text(text, image, 2));
}

// Features that are kept belong to a seed and a text: what these give must never change. The
// numbers are those of version 0.1.0.
TEST(Apply, TheSameSeedsGiveTheSameViews) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"random_resized_crop(224,scale=0.96:1,ratio=0.95:1.05) random_rotation(15) hflip",
       "9433cb5276598c9b"},
      {"random_resized_crop(96) hflip", "a86297c516b689da"},
      {"resize(120) random_crop(96x100) hflip(0.3)", "59d1bae888927424"},
      {"random_rotation(-10:30) random_crop(400x300) resize(32x48,antialias=false)",
       "7179adb3034d1dd0"},
      {"hflip random_resized_crop(64,interpolation=bicubic) center_crop(72)", "40d90c7c4eca787e"},
      {"resize(128,interpolation=nearest) center_crop(112)", "19862d460a331880"},
  };
  const image::Image picture = load("picture.png");
  for (const auto& [text, expected] : cases) {
    base::Sha256 hash;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const image::Image view = apply_text(text, picture, seed);
      hash.update(std::as_bytes(std::span(view.pixels)));
    }
    EXPECT_EQ(hash.hex().substr(0, 16), expected) << text;
  }
}

TEST(Apply, OnlyRandomStepsDraw) {
  base::Random used({3});
  base::Random untouched({3});
  draw(parse_pipeline("resize(20) center_crop(16)"), {40, 60}, used);
  EXPECT_EQ(used.bits(), untouched.bits());
}

TEST(Apply, FlipsAsOftenAsAsked) {
  const Pipeline pipeline = parse_pipeline("hflip(0.3)");
  int flipped = 0;
  for (std::uint64_t seed = 0; seed < 10000; ++seed) {
    base::Random random({seed});
    flipped += draw(pipeline, {1, 2}, random) == std::vector<Action>{Mirror()} ? 1 : 0;
  }
  EXPECT_NEAR(flipped, 3000, 230);  // 5 standard deviations
}

TEST(Apply, RandomCropReachesEveryPlace) {
  const image::Image image = numbered(5, 6);
  std::set<std::pair<int, int>> places;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const image::Image result = apply_text("random_crop(3x4)", image, seed);
    const int top = result.pixels[0] - 1;
    const int left = result.pixels[1] - 1;
    EXPECT_EQ(result, image::crop(image, {top, left, 3, 4}));
    places.insert({top, left});
  }
  EXPECT_EQ(places.size(), 9U);
}

TEST(Apply, RandomCropPadsASmallPicture) {
  const image::Image image = numbered(2, 10);
  std::set<int> tops;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const image::Image result = apply_text("random_crop(4x4)", image, seed);
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

// Given what it drew, a pipeline is torchvision's functional forms, one after another.
TEST(Draw, SaysWhatIsDoneToAPictureOfThatSize) {
  base::Random random({7});
  const std::vector<Action> actions =
      draw(parse_pipeline("resize(20) center_crop(16x40) random_rotation(90:90) hflip(1) hflip(0)"),
           {40, 60}, random);
  const std::vector<Action> expected{
      Resample{{0, 0, 40, 60}, {20, 30}, image::Interpolation::kBilinear}, Cut{{2, -5, 16, 40}},
      Turn{90}, Mirror(), Keep()};
  EXPECT_EQ(actions, expected);
  image::Size size{40, 60};
  for (const Action& action : actions) size = size_after(action, size);
  EXPECT_EQ(size, (image::Size{16, 40}));
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

}  // namespace
}  // namespace engraft::transforms
