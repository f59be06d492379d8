#include "run/grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"
#include "image/encode.h"

namespace engraft::run {
namespace {

using testing::HasSubstr;

// Six pictures of one colour each, 300 × 150, three a side.
class GridOfPictures : public testing::Test {
 protected:
  GridOfPictures() {
    data_.root = folder_.path();
    data_.classes = {"ants", "bees"};
    for (std::size_t i = 0; i < 6; ++i) {
      const std::string name = (i < 3 ? "ants/" : "bees/") + std::to_string(i) + ".png";
      image::Image picture(150, 300);
      std::ranges::fill(picture.pixels, color_of(i));
      folder_.write(name, image::encode_png(picture));
      data_.samples.push_back({folder_.path() / name, name, i < 3 ? 0 : 1,
                               i % 2 == 0 ? data::Split::kTrain : data::Split::kVal});
    }
  }

  static std::uint8_t color_of(std::size_t i) { return static_cast<std::uint8_t>(40 * (i + 1)); }

  bool shows(const Grid& grid, std::size_t i) const {
    return std::ranges::count(grid.picture.pixels, color_of(i)) > 0;
  }

  base::TestFolder folder_;
  data::Dataset data_;
  base::Events quiet_;
};

TEST_F(GridOfPictures, ShowsOneSideAsTheNetworkSeesIt) {
  GridRequest request{.pipeline = transforms::parse_pipeline("resize(40x60) normalize(none)"),
                      .layout = {.nrow = 3, .padding = 0}};
  Grid grid = draw_grid(data_, request, quiet_);
  EXPECT_EQ(grid.pictures, 3U);
  EXPECT_EQ(grid.picture.width, 3 * 60);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(shows(grid, i), i % 2 == 0) << i;
  request.side = data::Split::kVal;
  request.count = 2;
  EXPECT_EQ(draw_grid(data_, request, quiet_).pictures, 2U);
}

TEST_F(GridOfPictures, ShowsAnyOnePictureByItsName) {
  const Grid grid = draw_grid(data_, {.image = "bees/3.png"}, quiet_);
  EXPECT_EQ(grid.pictures, 1U);
  EXPECT_TRUE(shows(grid, 3));
  EXPECT_EQ(grid.picture.width, 224 + 2 * 2);  // shrunk, and what stands around it
  EXPECT_THAT(base::message_of<Error>([&] { draw_grid(data_, {.image = "bees/8.png"}, quiet_); }),
              HasSubstr("did you mean bees/"));
}

TEST_F(GridOfPictures, SaysWhatCannotBeShown) {
  folder_.write("ants/0.png", "no picture");
  std::string notes;
  base::Events events;
  events.note = [&](const std::string& text) { notes += text; };
  EXPECT_EQ(draw_grid(data_, {}, events).pictures, 2U);
  EXPECT_THAT(notes, HasSubstr("ants/0.png: not an image"));
  EXPECT_THAT(base::message_of<Error>([&] { draw_grid(data_, {.image = "0.png"}, quiet_); }),
              HasSubstr("no picture could be read: ants/0.png: not an image"));
}

}  // namespace
}  // namespace engraft::run
