#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace engraft::base {
namespace {

TEST(Text, GroupsDigits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(25557032), "25,557,032");
  EXPECT_EQ(grouped(-1234), "-1,234");
  EXPECT_EQ(grouped(-123), "-123");
}

TEST(Text, ShowsTheFirstOfMany) {
  const std::vector<std::string> names{"a", "b", "c", "d"};
  EXPECT_EQ(enumerated(names), "a, b, c, d");
  EXPECT_EQ(enumerated(names, 4), "a, b, c, d");
  EXPECT_EQ(enumerated(names, 3), "a, b, c and 1 more");
  EXPECT_EQ(enumerated(std::vector<std::string>(2006, "x"), 1), "x and 2,005 more");
  EXPECT_EQ(enumerated({}), "");
}

TEST(Text, NothingInANameActsOnATerminal) {
  EXPECT_EQ(harmless("caf\xC3\xA9 \xF0\x9F\x90\x9D\tline\n"),
            "caf\xC3\xA9 \xF0\x9F\x90\x9D\tline\n");
  EXPECT_EQ(harmless("\x1b[2J\r\x7f\a"), "\\x1b[2J\\x0d\\x7f\\x07");
  EXPECT_EQ(harmless("\xC2\x9B"
                     "2J"),
            "\\x9b"
            "2J");  // CSI as one character
  EXPECT_EQ(harmless("\x9B"
                     "2J\xE9"),
            "\\x9b"
            "2J\\xe9");  // as one byte
  EXPECT_EQ(harmless("\xE2\x80\xAE"
                     "gpj.exe"),
            "\\u202e"
            "gpj.exe");  // right to left
  EXPECT_EQ(harmless(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(Text, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(escaped("caf\xC3\xA9 \xF0\x9F\x90\x9D"), "caf\xC3\xA9 \xF0\x9F\x90\x9D");
  EXPECT_EQ(escaped("caf\xE9"), "caf\\xe9");
  EXPECT_EQ(escaped("\xC3\xC3\xA9\xFF"), "\\xc3\xC3\xA9\\xff");
  EXPECT_EQ(escaped("\xED\xA0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_TRUE(is_utf8(escaped("\x80\xC3")));
}

TEST(Text, ComposesLettersAndMarks) {
  EXPECT_EQ(nfc("ba\xCC\x88r"), "b\xC3\xA4r");
  EXPECT_EQ(nfc("b\xC3\xA4r"), "b\xC3\xA4r");
  EXPECT_EQ(nfc("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB"), "\xED\x95\x9C");  // Hangul
  EXPECT_EQ(nfc("\xE9"), "\xE9");
  EXPECT_EQ(nfc(""), "");
}

TEST(Text, KnowsUtf8) {
  EXPECT_TRUE(is_utf8("bär 猫 🐈"));
  EXPECT_FALSE(is_utf8("b\xe4r"));
  EXPECT_FALSE(is_utf8("\xc0\xaf"));      // an overlong form
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));  // a surrogate
  EXPECT_FALSE(is_utf8("\xf0\x9f\x90"));  // cut off
}

TEST(Text, KnowsHowWideItIsOnATerminal) {
  EXPECT_EQ(display_width("bees"), 4U);
  EXPECT_EQ(display_width("bär"), 3U);
  EXPECT_EQ(display_width("ba\u0308r"), 3U);  // the dots as a letter of their own
  EXPECT_EQ(display_width("猫"), 2U);
  EXPECT_EQ(display_width("b\xe4r"), 3U);
}

TEST(Text, FitsIntoAColumn) {
  EXPECT_EQ(fitted("bees", 6), "bees  ");
  EXPECT_EQ(fitted_right("bees", 6), "  bees");
  EXPECT_EQ(fitted("hymenoptera", 6), "hymen…");
  EXPECT_EQ(fitted("猫猫猫", 4), "猫… ");
  EXPECT_EQ(fitted("bees", 0), "");
}

TEST(LowerAscii, LeavesAllButAToZ) {
  EXPECT_EQ(lower_ascii("IMG_0001.JPG"), "img_0001.jpg");
  EXPECT_EQ(lower_ascii("\xC3\x84Z["), "\xC3\x84z[");
}

TEST(Trim, TakesWhatIsBlankOffBothEnds) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Split, GivesOnePartMoreThanThereAreSeparators) {
  EXPECT_THAT(split("a,,b,", ','), testing::ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("", ','), testing::ElementsAre(""));
  EXPECT_THAT(split_at_commas(",a,,b c,"), testing::ElementsAre("a", "b c"));
  EXPECT_THAT(split_at_commas(""), testing::IsEmpty());
}

}  // namespace
}  // namespace engraft::base
