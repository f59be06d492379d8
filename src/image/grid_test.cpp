#include "image/grid.h"

#include <fmt/format.h>

#include "engraft/error.h"
#include "image/geometry.h"
#include "image/testing/test_pictures.h"

namespace engraft::image {
namespace {

std::vector<GridCell> five_cells() {
  const Image picture = load_picture(testdata() / "geometry/picture.png");
  std::vector<GridCell> cells;
  for (int i = 0; i < 5; ++i) cells.push_back({.image = crop(picture, {3 * i, 2 * i, 15, 12})});
  return cells;
}

TEST(MakeGrid, MatchesTorchvision) {
  for (const auto& [nrow, padding] : {std::pair{3, 2}, std::pair{8, 1}, std::pair{1, 0}}) {
    const Image grid = make_grid(five_cells(), {.nrow = nrow, .padding = padding});
    const Image expected =
        load_picture(testdata() / fmt::format("geometry/grid_{}_{}.png", nrow, padding));
    EXPECT_TRUE(same(grid, expected)) << nrow;
  }
}

TEST(MakeGrid, GivesASinglePictureBackAsItIs) {
  std::vector<GridCell> cells{{.image = numbered_picture(4, 5)}};
  EXPECT_TRUE(same(make_grid(cells), cells[0].image));
}

TEST(MakeGrid, PutsALabelUnderEachPicture) {
  std::vector<GridCell> cells(2, GridCell{.image = numbered_picture(20, 30)});
  cells[0].label = "bee";
  cells[0].label_color = {0, 255, 0};
  const Image grid = make_grid(cells, {.nrow = 2, .padding = 1, .label_scale = 1});
  EXPECT_EQ(grid.height, 1 + 20 + 2 + 9 + 1);
  EXPECT_EQ(grid.width, 1 + 30 + 1 + 30 + 1);
  EXPECT_TRUE(same(crop(grid, {1, 1, 20, 30}), cells[0].image));
  EXPECT_TRUE(same(crop(grid, {1, 32, 20, 30}), cells[1].image));
  Image label(9, 30);
  draw_text(label, 0, (30 - 17) / 2, "bee", {0, 255, 0});
  EXPECT_TRUE(same(crop(grid, {23, 1, 9, 30}), label));
  EXPECT_TRUE(same(crop(grid, {23, 32, 9, 30}), Image(9, 30)));
}

// At scale 2 "aeroplane" would be 106 pixels wide, at scale 1 it is 53, its first 8 places 47.
TEST(MakeGrid, NeverLosesALabel) {
  std::vector<GridCell> cells(2, GridCell{.image = numbered_picture(20, 60)});
  cells[1].label = "aeroplane";
  Image grid = make_grid(cells, {.nrow = 2, .padding = 0});
  EXPECT_EQ(grid.width, 2 * 60);
  Image label(9, 60);
  draw_text(label, 0, (60 - 53) / 2, "aeroplane", {255, 255, 255});
  EXPECT_TRUE(same(crop(grid, {22, 60, 9, 60}), label));

  for (GridCell& cell : cells) cell.image = numbered_picture(4, 4);
  grid = make_grid(cells, {.nrow = 2, .padding = 0});
  EXPECT_EQ(grid.width, 2 * 47);
  EXPECT_TRUE(same(crop(grid, {0, 47 + 21, 4, 4}), cells[1].image));
  label = Image(9, 47);
  draw_text(label, 0, 0, "aeropl..", {255, 255, 255});
  EXPECT_TRUE(same(crop(grid, {6, 47, 9, 47}), label));
}

TEST(MakeGrid, CentresSmallerPictures) {
  const std::vector<GridCell> cells{{.image = numbered_picture(4, 10)},
                                    {.image = numbered_picture(8, 6)}};
  const Image grid = make_grid(cells, {.padding = 0});
  EXPECT_EQ(grid.height, 8);
  EXPECT_EQ(grid.width, 20);
  EXPECT_TRUE(same(crop(grid, {2, 0, 4, 10}), cells[0].image));
  EXPECT_TRUE(same(crop(grid, {0, 12, 8, 6}), cells[1].image));
}

TEST(MakeGrid, RefusesNoPictures) { EXPECT_THROW(make_grid({}), Error); }

}  // namespace
}  // namespace engraft::image
