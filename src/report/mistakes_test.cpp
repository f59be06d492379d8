#include "report/mistakes.h"

#include <gmock/gmock.h>

#include "image/decode.h"
#include "record/testing/test_record.h"

namespace engraft::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string encoded(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return base64(base::Bytes(bytes.begin(), bytes.end()));
}

base::Bytes decoded_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  base::Bytes bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char digit : text.substr(0, text.find('='))) {
    group = group << 6U | static_cast<std::uint32_t>(kDigits.find(digit));
    bits += 6;
    if (bits >= 8) bytes.push_back(static_cast<std::byte>(group >> (bits -= 8) & 255U));
  }
  return bytes;
}

TEST(Base64, MatchesRfc4648) {
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foob"), "Zm9vYg==");
  EXPECT_EQ(encoded("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encoded("\xFF\xFE\xFB"), "//77");
}

TEST(MistakesHtml, ShowsSmallPicturesWithTheirFacts) {
  record::TestRecord test({"ants", "bees"});
  test.add_val(0, 1, 3.0F, "val/ants/wide.jpg", record::picture_bytes(300, 600, 1));
  test.add_val(1, 0, 2.0F, "val/bees/small.jpg", record::picture_bytes(20, 9, 2));
  test.finish({50});
  const std::string html = mistakes_html(test.folder.path(), *test.run.results);
  EXPECT_EQ(record::nesting_problem(html), "");
  EXPECT_THAT(html, HasSubstr("alt=\"ants, taken for bees\""));
  EXPECT_THAT(html, HasSubstr("val/ants/wide.jpg"));
  EXPECT_THAT(html, HasSubstr("95.3\u00A0%"));  // 1 / (1 + exp(-3))
  const std::string_view opening = "data:image/jpeg;base64,";
  std::vector<std::pair<int, int>> sizes;
  for (std::size_t at = html.find(opening); at != std::string::npos;
       at = html.find(opening, at + 1)) {
    const std::size_t begin = at + opening.size();
    const base::Bytes file =
        decoded_base64(std::string_view(html).substr(begin, html.find('"', begin) - begin));
    const base::Expected<image::DecodedImage> picture = image::decode_image(file);
    ASSERT_TRUE(picture) << picture.reason();
    sizes.emplace_back(picture->image.height, picture->image.width);
  }
  // The larger side is at most 160 pixels; nothing is enlarged.
  EXPECT_THAT(sizes, testing::ElementsAre(std::pair(80, 160), std::pair(20, 9)));
}

TEST(MistakesHtml, ShowsTheWorstOfMany) {
  record::TestRecord test({"ants", "bees"});
  const base::Bytes picture = record::picture_bytes(8, 8, 1);
  for (int i = 0; i < 30; ++i) {
    test.add_val(0, 1, static_cast<float>(i + 1), fmt::format("{:02}.jpg", i), picture);
  }
  test.finish({50});
  const std::string html = mistakes_html(test.folder.path(), *test.run.results);
  EXPECT_EQ(record::occurrences(html, "<img "), 24U);
  EXPECT_THAT(html, HasSubstr("The 24 mistakes with the highest loss, of 30 in all"));
  EXPECT_LT(html.find("29.jpg"), html.find("28.jpg"));
  EXPECT_THAT(html, Not(HasSubstr("05.jpg")));
}

TEST(MistakesHtml, SaysWhyAPictureIsNotThere) {
  record::TestRecord test({"ants", "bees"});
  test.add_val(0, 1, 3.0F, "gone.jpg");
  test.finish({50});
  const std::string html = mistakes_html(test.folder.path(), *test.run.results);
  EXPECT_THAT(html, HasSubstr("cannot be read any more"));
  EXPECT_THAT(html, HasSubstr("There is one mistake."));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
}

TEST(MistakesHtml, SaysThatThereAreNone) {
  record::TestRecord test({"ants", "bees"});
  test.add_val(0, 0, 3.0F, "a.jpg");
  test.finish({100});
  EXPECT_THAT(mistakes_html(test.folder.path(), *test.run.results), HasSubstr("No mistakes"));
}

}  // namespace
}  // namespace engraft::report
