#include "data/load_picture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "image/decode.h"
#include "image/encode.h"

namespace engraft {
namespace {

// Smooth enough that a smaller decoding shows the same, fine enough that a shift would show.
Image waves(int height, int width) {
  Image image(height, width);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* pixel = image.row(y) + std::ptrdiff_t{3} * x;
      pixel[0] = static_cast<std::uint8_t>(128 + 100 * std::sin(x * 0.05));
      pixel[1] = static_cast<std::uint8_t>(128 + 100 * std::sin(y * 0.04));
      pixel[2] = static_cast<std::uint8_t>(128 + 100 * std::sin((x + y) * 0.02));
    }
  }
  return image;
}

Image loaded(const Bytes& file, const char* pipeline, bool exact) {
  Random random({3, 4});
  const Expected<Image> image = load_picture(file, parse_pipeline(pipeline), random, exact);
  EXPECT_TRUE(image) << image.reason();
  return image ? *image : Image();
}

double mean_difference(const Image& a, const Image& b) {
  if (a.height != b.height || a.width != b.width || a.pixels.empty()) return 255;
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

TEST(LoadPicture, ReducedPicturesShowTheSame) {
  const Bytes file = encode_jpeg(waves(1501, 2003), 95);
  for (const char* pipeline :
       {"resize(128) center_crop(112)", "resize(100x140)", "resize(64,interpolation=bicubic)",
        "random_resized_crop(96,scale=0.3:0.9) hflip", "random_resized_crop(48) hflip"}) {
    const Image exact = loaded(file, pipeline, true);
    const Image reduced = loaded(file, pipeline, false);
    EXPECT_LT(mean_difference(exact, reduced), 0.8) << pipeline;
    EXPECT_NE(exact.pixels, reduced.pixels) << pipeline << ": was not reduced";
  }
}

// Never below twice the size that it is resized to: here there is no room.
TEST(LoadPicture, SmallPicturesAreTheSame) {
  const Bytes file = encode_jpeg(waves(400, 500), 95);
  for (const char* pipeline : {"resize(128)", "random_resized_crop(101,scale=0.5:1)", "hflip",
                               "center_crop(32)", "resize(20,interpolation=nearest)"}) {
    EXPECT_EQ(loaded(file, pipeline, true).pixels, loaded(file, pipeline, false).pixels)
        << pipeline;
  }
}

TEST(LoadPicture, OtherFormatsAreTheSame) {
  const Bytes file = encode_png(waves(300, 400));
  for (const char* pipeline : {"resize(16)", "random_resized_crop(16) hflip"}) {
    EXPECT_EQ(loaded(file, pipeline, true).pixels, loaded(file, pipeline, false).pixels);
  }
}

TEST(LoadPicture, ReductionsAreAskedForTheUprightPicture) {
  const Bytes file = encode_jpeg(waves(160, 320), 95);
  int asked_height = 0;
  DecodeOptions options;
  options.needs = [&](int height, int width) {
    asked_height = height;
    EXPECT_EQ(width, 320);
    return JpegNeeds{.reduction = 4};
  };
  const Expected<DecodedImage> decoded = decode_image(file, options);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(asked_height, 160);
  EXPECT_EQ(decoded->reduction, 4);
  EXPECT_EQ(decoded->image.height, 40);
  EXPECT_EQ(decoded->image.width, 80);
}

TEST(LoadPicture, WhatCannotBeReadIsAProblem) {
  Random random({1});
  const Pipeline pipeline = parse_pipeline("resize(8)");
  EXPECT_FALSE(load_picture(Path("nowhere.jpg"), pipeline, random, false));
  Bytes file = encode_jpeg(waves(100, 100));
  file.resize(file.size() / 3);
  EXPECT_FALSE(load_picture(file, pipeline, random, false));
}

}  // namespace
}  // namespace engraft
