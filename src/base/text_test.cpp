#include "base/text.h"

#include <gtest/gtest.h>

namespace engraft::base {
namespace {

TEST(Text, GroupsDigits) {
  EXPECT_EQ(grouped(25557032), "25,557,032");
  EXPECT_EQ(grouped(-1000), "-1,000");
  EXPECT_EQ(grouped(12), "12");
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

}  // namespace
}  // namespace engraft::base
