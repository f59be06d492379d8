#include "image/encode.h"

#include "engraft/error.h"
#include "image/testing/test_pictures.h"

namespace engraft::image {
namespace {

TEST(EncodePng, GivesThePictureBack) {
  for (const auto& [height, width] : {std::pair{1, 1}, std::pair{37, 19}, std::pair{2, 700}}) {
    const Image picture = numbered_picture(height, width);
    const base::Expected<DecodedImage> decoded = decode_image(encode_png(picture));
    ASSERT_TRUE(decoded) << decoded.reason();
    EXPECT_TRUE(same(decoded->image, picture));
  }
}

TEST(EncodeJpeg, GivesNearlyThePictureBack) {
  Image picture(40, 60);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const int color[] = {6 * y, 4 * x, 200 - 2 * (x + y)};
      std::ranges::copy(color, picture.row(y) + x * 3);
    }
  }
  const base::Bytes file = encode_jpeg(picture, 98);
  EXPECT_EQ(sniff_image_format(file), ImageFormat::kJpeg);
  const base::Expected<DecodedImage> decoded = decode_image(file);
  ASSERT_TRUE(decoded) << decoded.reason();
  EXPECT_LT(difference(decoded->image, picture).mean, 2);
  EXPECT_LT(encode_jpeg(picture, 30).size(), file.size());
}

TEST(Encode, TheNamesEndingSaysWhatIsWritten) {
  const Image picture = numbered_picture(5, 7);
  const auto written = [&](const char* name) {
    return sniff_image_format(encode(picture, format_by_name(name)));
  };
  EXPECT_EQ(written("a.b/x.png"), ImageFormat::kPng);
  EXPECT_EQ(written("x.JPG"), ImageFormat::kJpeg);
  EXPECT_EQ(written("x.png.jpeg"), ImageFormat::kJpeg);
  for (const char* name : {"x", "x.gif", "png", "x.png/"}) {
    EXPECT_THROW(format_by_name(name), Error) << name;
  }
}

TEST(Encode, RefusesAnEmptyPicture) {
  EXPECT_THROW(encode_jpeg(Image()), Error);
  EXPECT_THROW(encode_png(Image(0, 5)), Error);
}

TEST(EncodeJpeg, SaysWhyAPictureIsTooLarge) { EXPECT_THROW(encode_jpeg(Image(1, 70000)), Error); }

}  // namespace
}  // namespace engraft::image
