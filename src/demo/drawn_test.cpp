#include "demo/drawn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

#include "demo/scenery.h"

namespace engraft::demo {
namespace {

std::uint64_t fingerprint(const image::Image& image) {
  std::uint64_t state = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const std::uint8_t value : image.pixels) state = (state ^ value) * 0x100000001b3ULL;
  return state;
}

image::Image drawn(Insect kind, int size, std::uint64_t seed) {
  base::Random random{7, seed};
  return draw_insect(kind, size, random);
}

TEST(DrawInsect, EqualStreamsGiveEqualPixels) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    EXPECT_EQ(drawn(Insect::kBee, 64, seed).pixels, drawn(Insect::kBee, 64, seed).pixels);
  }
}

TEST(DrawInsect, NoTwoStreamsAndNeitherKindsAgree) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    seen.insert(fingerprint(drawn(Insect::kBee, 48, seed)));
    seen.insert(fingerprint(drawn(Insect::kAnt, 48, seed)));
  }
  EXPECT_EQ(seen.size(), 80U);
}

TEST(DrawInsect, FillsASquareOfAnySize) {
  for (const int size : {32, 65, 128, 224}) {
    const image::Image image = drawn(Insect::kAnt, size, 3);
    EXPECT_EQ(image.height, size);
    EXPECT_EQ(image.width, size);
    EXPECT_EQ(image.pixels.size(), static_cast<std::size_t>(size) * size * 3);
    const auto [low, high] = std::minmax_element(image.pixels.begin(), image.pixels.end());
    EXPECT_GT(*high - *low, 40);
  }
}

// Both kinds stand in the same light before the same scenery: their mean colours nearly agree.
TEST(DrawInsect, KindsDoNotDifferInMeanColour) {
  std::array<std::array<double, 3>, 2> mean{};
  constexpr int kPictures = 150;
  for (std::uint64_t seed = 0; seed < kPictures; ++seed) {
    for (const Insect kind : {Insect::kAnt, Insect::kBee}) {
      base::Random random{11, seed, static_cast<std::uint64_t>(kind)};
      const image::Image image = draw_insect(kind, 32, random);
      for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        mean[static_cast<std::size_t>(kind)][i % 3] += image.pixels[i] / (1024.0 * kPictures);
      }
    }
  }
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(mean[0][c], mean[1][c], 18) << c;
}

TEST(DrawScenery, EveryKindVaries) {
  for (std::size_t kind = 0; kind < kSceneryNames.size(); ++kind) {
    base::Random first{1, kind};
    base::Random second{2, kind};
    image::Image one(48, 64);
    image::Image other(48, 64);
    draw_scenery(one, static_cast<Scenery>(kind), 0.8F, first);
    draw_scenery(other, static_cast<Scenery>(kind), 0.8F, second);
    EXPECT_NE(one.pixels, other.pixels) << kSceneryNames[kind];
  }
}

}  // namespace
}  // namespace engraft::demo
