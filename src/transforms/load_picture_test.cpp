#include "transforms/load_picture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "image/decode.h"
#include "image/encode.h"

namespace engraft::transforms {
namespace {

// Smooth enough that a smaller decoding shows the same, fine enough that a shift would show.
image::Image waves(int height, int width) {
  image::Image image(height, width);
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

image::Image loaded(const base::Bytes& file, const char* pipeline, bool exact) {
  base::Random random({3, 4});
  const base::Expected<image::Image> image =
      load_picture(file, parse_pipeline(pipeline), random, {.exact = exact});
  EXPECT_TRUE(image) << image.reason();
  return image ? *image : image::Image();
}

double mean_difference(const image::Image& a, const image::Image& b) {
  if (a.height != b.height || a.width != b.width || a.pixels.empty()) return 255;
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

TEST(LoadPicture, ReducedPicturesShowTheSame) {
  const base::Bytes file = image::encode_jpeg(waves(1501, 2003), 95);
  for (const char* pipeline :
       {"resize(128) center_crop(112)", "resize(100x140)", "resize(64,interpolation=bicubic)",
        "random_resized_crop(96,scale=0.3:0.9) hflip", "random_resized_crop(48) hflip"}) {
    const image::Image exact = loaded(file, pipeline, true);
    const image::Image reduced = loaded(file, pipeline, false);
    EXPECT_LT(mean_difference(exact, reduced), 0.8) << pipeline;
    EXPECT_NE(exact.pixels, reduced.pixels) << pipeline << ": was not reduced";
  }
}

// Never below twice the size that it is resized to: here there is no room.
TEST(LoadPicture, SmallPicturesAreTheSame) {
  const base::Bytes file = image::encode_jpeg(waves(400, 500), 95);
  for (const char* pipeline : {"resize(128)", "random_resized_crop(101,scale=0.5:1)", "hflip",
                               "center_crop(32)", "resize(20,interpolation=nearest)"}) {
    EXPECT_EQ(loaded(file, pipeline, true).pixels, loaded(file, pipeline, false).pixels)
        << pipeline;
  }
}

// Only what a crop keeps is resized, and rows that it does not need are not decoded.
TEST(LoadPicture, CropsOfSmallPicturesAreTheSame) {
  const base::Bytes file = image::encode_jpeg(waves(301, 403), 90);
  for (const char* text : {"resize(256) center_crop(224)", "resize(256) center_crop(20x31) hflip",
                           "resize(200x90) center_crop(64)", "resize(100) center_crop(180)",
                           "resize(301x403) center_crop(32)", "center_crop(40)",
                           "resize(150,interpolation=bicubic) center_crop(33)",
                           "random_resized_crop(101,scale=0.01:0.3)",
                           "random_resized_crop(160,interpolation=bicubic)"}) {
    const Pipeline pipeline = parse_pipeline(text);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      base::Random one({seed});
      base::Random other({seed});
      const base::Expected<image::Image> exact = load_picture(file, pipeline, one, {.exact = true});
      const base::Expected<image::Image> usual = load_picture(file, pipeline, other);
      ASSERT_TRUE(exact && usual);
      ASSERT_EQ(exact->pixels, usual->pixels) << text << ", seed " << seed;
    }
  }
}

// Whichever rows are needed, they are those of the whole picture at that size.
TEST(LoadPicture, NeededRowsAreTheSame) {
  const base::Bytes file = image::encode_jpeg(waves(203, 150), 90);
  for (const int reduction : {1, 2, 4, 8}) {
    const auto decode = [&](int first, int end) {
      image::DecodeOptions options;
      options.needs = [=](int, int) { return image::JpegNeeds{reduction, first, end}; };
      base::Expected<image::DecodedImage> decoded = image::decode_image(file, options);
      EXPECT_TRUE(decoded && decoded->note.empty());
      return decoded->image;
    };
    const image::Image whole = decode(0, 203);
    for (int first = 0; first < 200; first += 7) {
      for (const int end : {first + 1, first + 9, first + 64, 203}) {
        const image::Image part = decode(first, std::min(end, 203));
        ASSERT_EQ(part.height, whole.height);
        const int last = std::min((end + reduction - 1) / reduction, whole.height);
        for (int y = first / reduction; y < last; ++y) {
          ASSERT_TRUE(
              std::equal(part.row(y), part.row(y) + std::ptrdiff_t{3} * part.width, whole.row(y)))
              << "1/" << reduction << ", rows " << first << " to " << end << ", row " << y;
        }
      }
    }
  }
}

// A picture that is cut off far behind what is needed is judged as ever.
TEST(LoadPicture, CutPicturesAreProblemsWhateverIsNeeded) {
  base::Bytes file = image::encode_jpeg(waves(400, 400), 90);
  file.resize(file.size() / 2);
  image::DecodeOptions options;
  options.needs = [](int, int) { return image::JpegNeeds{1, 10, 30}; };
  EXPECT_FALSE(image::decode_image(file, options));
}

TEST(LoadPicture, OtherFormatsAreTheSame) {
  const base::Bytes file = image::encode_png(waves(300, 400));
  for (const char* pipeline : {"resize(16)", "random_resized_crop(16) hflip"}) {
    EXPECT_EQ(loaded(file, pipeline, true).pixels, loaded(file, pipeline, false).pixels);
  }
}

TEST(LoadPicture, ReductionsAreAskedForTheUprightPicture) {
  const base::Bytes file = image::encode_jpeg(waves(160, 320), 95);
  int asked_height = 0;
  image::DecodeOptions options;
  options.needs = [&](int height, int width) {
    asked_height = height;
    EXPECT_EQ(width, 320);
    return image::JpegNeeds{.reduction = 4};
  };
  const base::Expected<image::DecodedImage> decoded = image::decode_image(file, options);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(asked_height, 160);
  EXPECT_EQ(decoded->reduction, 4);
  EXPECT_EQ(decoded->image.height, 40);
  EXPECT_EQ(decoded->image.width, 80);
}

// A line of pixels that is scaled by its shorter side.
TEST(LoadPicture, WhatIsMadeOfAPictureHasALimitToo) {
  const auto problem = [](const base::Bytes& file, const char* pipeline, std::int64_t max_bytes) {
    base::Random random({1});
    const base::Expected<image::Image> picture =
        load_picture(file, parse_pipeline(pipeline), random, {.limits = {.max_bytes = max_bytes}});
    return picture ? "" : picture.reason();
  };
  const base::Bytes png = image::encode_png(waves(1, 3000));
  constexpr std::int64_t kMade = std::int64_t{3} * 16 * 48'000;
  EXPECT_EQ(problem(png, "resize(16) hflip center_crop(8)", kMade), "");
  EXPECT_EQ(problem(png, "resize(16) hflip center_crop(8)", kMade - 1).substr(0, 19),
            "becomes 16 × 48000");
  // Never made whole.
  EXPECT_EQ(problem(image::encode_jpeg(waves(1, 3000)), "resize(16) center_crop(8)", 9000), "");
}

TEST(LoadPicture, WhatCannotBeReadIsAProblem) {
  base::Random random({1});
  const Pipeline pipeline = parse_pipeline("resize(8)");
  EXPECT_FALSE(load_picture(base::Path("nowhere.jpg"), pipeline, random));
  base::Bytes file = image::encode_jpeg(waves(100, 100));
  file.resize(file.size() / 3);
  EXPECT_FALSE(load_picture(file, pipeline, random));
}

}  // namespace
}  // namespace engraft::transforms
