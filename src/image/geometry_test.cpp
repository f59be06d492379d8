#include "image/geometry.h"

#include <fmt/format.h>

#include "image/testing/test_pictures.h"

namespace engraft::image {
namespace {

Image golden(const std::string& name) {
  return load_picture(testdata() / "geometry" / (name + ".png"));
}

void expect_golden(const Image& actual, const std::string& name) {
  const Difference found = difference(actual, golden(name));
  EXPECT_EQ(found.largest, 0) << name << ": " << actual.width << " × " << actual.height << ", mean "
                              << found.mean;
}

struct Mode {
  const char* name;
  Interpolation interpolation;
};
constexpr Mode kModes[] = {{"bilinear", Interpolation::kBilinear},
                           {"bicubic", Interpolation::kBicubic},
                           {"plain", Interpolation::kPlainBilinear},
                           {"nearest", Interpolation::kNearest}};
constexpr Size kSizes[] = {{24, 31}, {7, 5}, {72, 60}, {61, 20}, {90, 12}, {1, 1}};

TEST(Resize, MatchesPilAndOpenCv) {
  const Image picture = golden("picture");
  for (const auto& [name, interpolation] : kModes) {
    for (const auto& [height, width] : kSizes) {
      expect_golden(resize(picture, height, width, interpolation),
                    fmt::format("{}_{}x{}", name, height, width));
    }
  }
}

TEST(Resize, OfABoxIgnoresWhatIsAround) {
  const Image picture = golden("picture");
  const Box box{5, 9, 33, 30};
  for (const auto& [name, interpolation] : kModes) {
    expect_golden(resize(picture, box, 28, 28, interpolation), fmt::format("box_{}", name));
    EXPECT_TRUE(same(resize(picture, box, 28, 28, interpolation),
                     resize(crop(picture, box), 28, 28, interpolation)));
  }
}

TEST(Resize, KeepsAPlainColourAtAnyFactor) {
  for (const auto& [name, interpolation] : kModes) {
    for (const Size from : {Size{1, 1}, Size{1, 300}, Size{211, 1}, Size{1000, 700}}) {
      Image plain(from.height, from.width);
      for (std::size_t i = 0; i < plain.pixels.size(); ++i) {
        plain.pixels[i] = static_cast<std::uint8_t>(i % 3 * 100 + 55);
      }
      for (const Size to : {Size{1, 1}, Size{3, 5}, Size{500, 2}}) {
        const Image result = resize(plain, to.height, to.width, interpolation);
        ASSERT_EQ(result.pixels.size(), static_cast<std::size_t>(to.height * to.width * 3));
        for (std::size_t i = 0; i < result.pixels.size(); ++i) {
          ASSERT_EQ(result.pixels[i], i % 3 * 100 + 55) << name;
        }
      }
    }
  }
}

TEST(Resize, ToTheSameSizeChangesNothing) {
  const Image picture = numbered_picture(13, 9);
  for (const auto& [name, interpolation] : kModes) {
    EXPECT_TRUE(same(resize(picture, 13, 9, interpolation), picture)) << name;
  }
}

TEST(ShorterSideSize, KeepsTheAspectRatioRoundingDown) {
  struct {
    int height, width, size, expected_height, expected_width;
  } const cases[] = {{375, 500, 256, 256, 341},   {500, 375, 256, 341, 256}, {100, 100, 64, 64, 64},
                     {1, 3000, 224, 224, 672000}, {61, 47, 20, 25, 20},      {3, 2, 2, 3, 2}};
  for (const auto& c : cases) {
    const Size found = shorter_side_size(c.height, c.width, c.size);
    EXPECT_EQ(found.height, c.expected_height);
    EXPECT_EQ(found.width, c.expected_width);
  }
  const Size size = shorter_side_size(61, 47, 20);
  expect_golden(resize(golden("picture"), size.height, size.width), "shorter_side_20");
}

TEST(CenterCrop, MatchesTorchvisionAlsoBeyondThePicture) {
  const Image picture = golden("picture");
  for (const auto& [height, width] :
       {Size{30, 20}, Size{31, 22}, Size{80, 71}, Size{20, 60}, Size{64, 10}}) {
    expect_golden(center_crop(picture, height, width),
                  fmt::format("center_crop_{}x{}", height, width));
  }
}

TEST(Crop, IsBlackBeyondThePicture) {
  const Image picture = golden("picture");
  expect_golden(crop(picture, {-4, 30, 20, 40}), "crop_beyond");
  EXPECT_TRUE(same(crop(picture, {1000, 2000, 3, 4}), Image(3, 4)));
  EXPECT_TRUE(same(crop(picture, {-50, -60, 3, 4}), Image(3, 4)));
}

TEST(FlipHorizontal, MatchesTorchvisionAndUndoesItself) {
  const Image picture = golden("picture");
  expect_golden(flip_horizontal(picture), "flip");
  EXPECT_TRUE(same(flip_horizontal(flip_horizontal(picture)), picture));
}

TEST(Rotate, MatchesTorchvision) {
  const Image picture = golden("picture");
  for (const float degrees : {10.f, -10.f, 33.25f, 45.f, 90.f, 180.f, 270.f, 359.5f}) {
    expect_golden(rotate(picture, degrees), fmt::format("rotate_{}", degrees));
  }
  const Image square = crop(picture, {0, 0, 46, 46});
  for (const float degrees : {-30.f, 90.f, 270.f}) {
    expect_golden(rotate(square, degrees), fmt::format("rotate_square_{}", degrees));
  }
}

TEST(Rotate, ByFullTurnsChangesNothing) {
  const Image picture = numbered_picture(7, 12);
  for (const float degrees : {0.f, 360.f, -720.f}) {
    EXPECT_TRUE(same(rotate(picture, degrees), picture));
  }
}

TEST(ApplyOrientation, MovesEachCornerWhereExifSays) {
  // The upper left corner's new place, and the upper right's, as (row, column) of a 2 × 3 picture.
  struct {
    int orientation, height, width, left_y, left_x, right_y, right_x;
  } const cases[] = {{1, 2, 3, 0, 0, 0, 2}, {2, 2, 3, 0, 2, 0, 0}, {3, 2, 3, 1, 2, 1, 0},
                     {4, 2, 3, 1, 0, 1, 2}, {5, 3, 2, 0, 0, 2, 0}, {6, 3, 2, 0, 1, 2, 1},
                     {7, 3, 2, 2, 1, 0, 1}, {8, 3, 2, 2, 0, 0, 0}, {9, 2, 3, 0, 0, 0, 2}};
  for (const auto& c : cases) {
    Image image(2, 3);
    image.row(0)[0] = 200;
    image.row(0)[6] = 100;
    const Image upright = apply_orientation(image, c.orientation);
    ASSERT_EQ(upright.height, c.height) << c.orientation;
    ASSERT_EQ(upright.width, c.width) << c.orientation;
    EXPECT_EQ(upright.row(c.left_y)[c.left_x * 3], 200) << c.orientation;
    EXPECT_EQ(upright.row(c.right_y)[c.right_x * 3], 100) << c.orientation;
  }
}

TEST(ApplyOrientation, LosesNoPixelOfALargerPicture) {
  const Image picture = numbered_picture(70, 41);
  const int undoing[] = {1, 2, 3, 4, 5, 8, 7, 6};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image there = apply_orientation(picture, orientation);
    EXPECT_TRUE(same(apply_orientation(there, undoing[orientation - 1]), picture)) << orientation;
  }
}

}  // namespace
}  // namespace engraft::image
