#include "demo/draw.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace engraft::demo {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

TEST(Sine, MatchesTheStandardLibrary) {
  for (int i = -20000; i <= 20000; ++i) {
    const float at = 0.05F * static_cast<float>(i);
    // What float keeps of an angle that large is the better part of the difference.
    const double allowed = 2e-6 + 2e-7 * std::abs(at);
    EXPECT_NEAR(sine(at), std::sin(static_cast<double>(at)), allowed) << at;
    EXPECT_NEAR(cosine(at), std::cos(static_cast<double>(at)), allowed) << at;
  }
}

TEST(CoverEllipse, HasTheAreaOfAnEllipse) {
  const image::Image image(64, 80);
  for (const float radius : {2.5F, 7.3F, 20.0F}) {
    const Coverage disc = cover_ellipse(image, {40.3F, 31.8F}, radius, radius);
    EXPECT_NEAR(disc.area(), kPi * radius * radius, 0.01F * kPi * radius * radius);
    const Coverage turned = cover_ellipse(image, {40.3F, 31.8F}, radius, 0.4F * radius, 0.7F);
    EXPECT_NEAR(turned.area(), 0.4F * kPi * radius * radius, 0.01F * kPi * radius * radius);
  }
}

TEST(CoverPolygon, CoversPartsOfPixelsExactly) {
  const image::Image image(4, 4);
  const std::array<Point, 4> box{Point{0.5F, 1.25F}, Point{2.5F, 1.25F}, Point{2.5F, 3},
                                 Point{0.5F, 3}};
  const Coverage coverage = cover_polygon(image, box);
  ASSERT_EQ(coverage.left, 0);
  ASSERT_EQ(coverage.top, 1);
  ASSERT_EQ(coverage.width, 3);
  ASSERT_EQ(coverage.height, 2);
  const std::array<float, 6> expected{0.375F, 0.75F, 0.375F, 0.5F, 1, 0.5F};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(coverage.values[i], expected[i], 1e-5F) << i;
  }
}

TEST(CoverPolygon, DoesNotDependOnTheCornersOrder) {
  const image::Image image(20, 20);
  std::vector<Point> corners = ellipse_outline({9, 11}, 7, 4, 0.3F);
  const Coverage forward = cover_polygon(image, corners);
  std::reverse(corners.begin(), corners.end());
  const Coverage backward = cover_polygon(image, corners);
  EXPECT_NEAR(forward.area(), backward.area(), 1e-3F);
}

TEST(CoverStroke, HasTheAreaOfACapsule) {
  const image::Image image(40, 60);
  const std::array<Point, 2> path{Point{10, 12}, Point{45, 25}};
  const float length = std::sqrt(35.0F * 35 + 13 * 13);
  const Coverage stroke = cover_stroke(image, path, 5, 5);
  const float expected = 5 * length + kPi * 2.5F * 2.5F;
  EXPECT_NEAR(stroke.area(), expected, 0.02F * expected);
}

TEST(CoverStroke, ThinnerThanAPixelPales) {
  const image::Image image(20, 40);
  const std::array<Point, 2> path{Point{5, 10}, Point{35, 10}};
  EXPECT_LT(cover_stroke(image, path, 0.25F, 0.25F).area(),
            0.4F * cover_stroke(image, path, 1, 1).area());
}

TEST(Cover, SurvivesExtremeCoordinates) {
  image::Image image(16, 16);
  constexpr float kHuge = std::numeric_limits<float>::max();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const float far :
       {-1e9F, 1e9F, 1e30F, -1e30F, kHuge, -kHuge, kNan, std::numeric_limits<float>::infinity()}) {
    for (const float other : {0.0F, 5.0F, 1e9F, -kHuge}) {
      const std::array<Point, 3> corners{Point{far, other}, Point{8, far}, Point{other, 3}};
      paint(image, cover_polygon(image, corners), {1, 0, 0, 1});
      paint(image, cover_stroke(image, corners, 3, 1), {0, 1, 0, 1});
      paint(image, cover_ellipse(image, {far, other}, 5, 9), {0, 0, 1, 1});
      paint(image, cover_ellipse(image, {8, 8}, far, 3), {0, 0, 1, 1});
    }
  }
  const std::array<Point, 4> everywhere{Point{-1e9F, -1e9F}, Point{1e9F, -1e9F}, Point{1e9F, 1e9F},
                                        Point{-1e9F, 1e9F}};
  EXPECT_FLOAT_EQ(cover_polygon(image, everywhere).area(), 256);
}

TEST(Cover, OfNothingIsEmpty) {
  const image::Image image(16, 16);
  EXPECT_EQ(cover_polygon(image, {}).area(), 0);
  EXPECT_EQ(cover_stroke(image, {}, 3, 3).area(), 0);
  EXPECT_EQ(cover_ellipse(image, {-50, -50}, 5, 5).area(), 0);
  EXPECT_EQ(cover_ellipse(image::Image(), {0, 0}, 5, 5).area(), 0);
}

TEST(Paint, LaysInkByItsAlpha) {
  image::Image image(3, 3);
  const std::array<Point, 4> all{Point{0, 0}, Point{3, 0}, Point{3, 3}, Point{0, 3}};
  paint(image, cover_polygon(image, all), {1, 0.5F, 0, 0.5F});
  EXPECT_EQ(image.pixels[0], 128);
  EXPECT_EQ(image.pixels[1], 64);
  EXPECT_EQ(image.pixels[2], 0);
}

TEST(FromHsv, KnowsTheCornersOfTheCube) {
  const Ink red = from_hsv({0, 1, 1});
  EXPECT_NEAR(red.red, 1, 1e-5F);
  EXPECT_NEAR(red.green, 0, 1e-5F);
  const Ink green = from_hsv({1.0F / 3, 1, 0.5F});
  EXPECT_NEAR(green.green, 0.5F, 1e-5F);
  EXPECT_NEAR(green.red + green.blue, 0, 1e-5F);
  const Ink blue = from_hsv({-1.0F / 3, 1, 1});
  EXPECT_NEAR(blue.blue, 1, 1e-5F);
  const Ink grey = from_hsv({0.77F, 0, 0.3F});
  EXPECT_NEAR(grey.red, 0.3F, 1e-5F);
  EXPECT_NEAR(grey.blue, 0.3F, 1e-5F);
}

TEST(Frame, GoesThereAndBack) {
  const Frame frame({10, -4}, 0.9F, 20, -7);
  const Point own = frame.to_own(frame.to_picture({0.3F, -0.8F}));
  EXPECT_NEAR(own.x, 0.3F, 1e-5F);
  EXPECT_NEAR(own.y, -0.8F, 1e-5F);
}

TEST(SmoothPath, PassesThroughItsPoints) {
  const std::array<Point, 3> through{Point{0, 0}, Point{4, 2}, Point{6, -1}};
  const auto path = smooth_path(through, 5);
  ASSERT_EQ(path.size(), 11U);
  EXPECT_NEAR(path[5].x, 4, 1e-5F);
  EXPECT_NEAR(path[5].y, 2, 1e-5F);
  EXPECT_EQ(path.back().x, 6);
  EXPECT_TRUE(smooth_path({}).empty());
}

TEST(Noise, StaysWithinItsRangeAndVaries) {
  base::Random random{1, 2};
  const Noise noise(random);
  float low = 1;
  float high = -1;
  for (int i = 0; i < 4000; ++i) {
    const float value =
        noise.fractal(static_cast<float>(i) * 0.37F - 700, 0.11F * static_cast<float>(i), 4);
    low = std::min(low, value);
    high = std::max(high, value);
  }
  EXPECT_GT(low, -1);
  EXPECT_LT(high, 1);
  EXPECT_LT(low, -0.3F);
  EXPECT_GT(high, 0.3F);
  EXPECT_TRUE(std::isfinite(noise.at(1e30F, -1e30F)));
}

TEST(Blur, KeepsTheMeanAndLessensTheContrast) {
  image::Image image(32, 32);
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 96; ++x) image.row(y)[x] = (x / 3 + y) % 2 == 0 ? 200 : 100;
  }
  blur(image, 4);
  for (int x = 0; x < 96; ++x) EXPECT_NEAR(image.row(16)[x], 150, 6);
  image::Image untouched(8, 8);
  untouched.pixels[30] = 200;
  const auto before = untouched.pixels;
  blur(untouched, 0.4F);
  EXPECT_EQ(untouched.pixels, before);
  image::Image tiny(1, 1);
  tiny.pixels = {10, 20, 30};
  blur(tiny, 1000);
  EXPECT_EQ(tiny.pixels, (std::vector<std::uint8_t>{10, 20, 30}));
}

TEST(AddGrain, HasTheStandardDeviationAskedFor) {
  image::Image image(64, 64);
  std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t{128});
  base::Random random{5};
  add_grain(image, 0.05F, random);
  double sum = 0;
  double squares = 0;
  for (const std::uint8_t value : image.pixels) {
    sum += value - 128.0;
    squares += (value - 128.0) * (value - 128.0);
  }
  const auto count = static_cast<double>(image.pixels.size());
  EXPECT_NEAR(sum / count, 0, 0.5);
  EXPECT_NEAR(std::sqrt(squares / count), 0.05 * 255, 0.5);
}

TEST(Adjust, DefaultsChangeNothing) {
  image::Image image(4, 4);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(5 * i);
  }
  const auto before = image.pixels;
  adjust(image, {});
  slant_light(image, 1, 0);
  EXPECT_EQ(image.pixels, before);
  adjust(image, {.brightness = 1});
  for (const std::uint8_t value : image.pixels) EXPECT_EQ(value, 255);
}

}  // namespace
}  // namespace engraft::demo
