#include "image/text.h"

#include <set>

#include "image/testing/test_pictures.h"

namespace engraft::image {
namespace {

Image drawn(std::string_view text, int scale = 1) {
  const TextSize size = text_size(text, scale);
  Image image(size.height, size.width);
  draw_text(image, 0, 0, text, {255, 255, 255}, scale);
  return image;
}

// As lines of '#' and '.', to read in a failure's message.
std::string as_art(const Image& image) {
  std::string art;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) art += image.row(y)[x * 3] != 0 ? '#' : '.';
    art += '\n';
  }
  return art;
}

TEST(DrawText, ShowsDescendersBelowTheBaseline) {
  EXPECT_EQ(as_art(drawn("Ag")),
            ".###.......\n"
            "#...#......\n"
            "#...#..####\n"
            "#####.#...#\n"
            "#...#.#...#\n"
            "#...#.#..##\n"
            "#...#..##.#\n"
            "..........#\n"
            ".......###.\n");
}

TEST(DrawText, HasADifferentGlyphForEachCharacter) {
  std::set<std::string> seen;
  for (char c = ' '; c <= '~'; ++c) {
    EXPECT_TRUE(seen.insert(as_art(drawn(std::string(1, c)))).second) << c;
  }
}

TEST(DrawText, ScalesEachPixelToASquare) {
  const Image small = drawn("k");
  const Image large = drawn("k", 3);
  ASSERT_EQ(large.height, small.height * 3);
  ASSERT_EQ(large.width, small.width * 3);
  for (int y = 0; y < large.height; ++y) {
    for (int x = 0; x < large.width; ++x) {
      ASSERT_EQ(large.row(y)[x * 3], small.row(y / 3)[x / 3 * 3]);
    }
  }
}

TEST(DrawText, IsCutOffAtThePicturesEdges) {
  Image image(12, 20);
  draw_text(image, -4, -3, "clipped", {1, 2, 3}, 2);
  draw_text(image, 10, 18, "clipped", {1, 2, 3}, 2);
  draw_text(image, 500, -500, "clipped", {1, 2, 3}, 2);
  EXPECT_NE(std::ranges::count(image.pixels, 2), 0);
}

TEST(TextSize, CountsCharactersNotBytes) {
  EXPECT_EQ(text_size("abc").width, 17);
  EXPECT_EQ(text_size("äé€", 2).width, 34);
  EXPECT_EQ(text_size("").width, 0);
  EXPECT_EQ(text_size("x", 2).height, 18);
}

TEST(FitText, CutsWithTwoDotsWithinTheWidth) {
  EXPECT_EQ(fit_text("hymenoptera", 65), "hymenoptera");
  EXPECT_EQ(fit_text("hymenoptera", 64), "hymenopt..");
  EXPECT_EQ(fit_text("käfer", 23), "kä..");
  EXPECT_EQ(fit_text("ant", 11), "..");
  EXPECT_EQ(fit_text("ant", 10), ".");
  EXPECT_EQ(fit_text("ant", 3), "");
  for (int width = 0; width < 200; ++width) {
    EXPECT_LE(text_size(fit_text("a long label for a picture", width, 2), 2).width, width);
  }
}

}  // namespace
}  // namespace engraft::image
