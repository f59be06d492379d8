#include "transforms/normalization_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"

namespace engraft::transforms {
namespace {

using testing::HasSubstr;

TEST(ParseNormalization, ReadsOneNumberOrThree) {
  EXPECT_EQ(parse_normalization("0.485,0.456,0.406", "0.229,0.224,0.225"), Normalization());
  EXPECT_EQ(parse_normalization("0.5", " 0.5, 0.5 ,0.5"),
            (Normalization{{0.5F, 0.5F, 0.5F}, {0.5F, 0.5F, 0.5F}}));
  EXPECT_EQ(parse_normalization("0,0,0", "1"), kNoNormalization);
  // 0 to 255, as some networks want it.
  EXPECT_FLOAT_EQ(1 / parse_normalization("0", "0.00392157").stddev[0], 254.99991F);
}

TEST(ParseNormalization, SaysWhatIsWrong) {
  struct Case {
    const char* mean;
    const char* stddev;
    const char* message;
  };
  for (const auto& [mean, stddev, message] : std::vector<Case>{
           {"", "1", "mean must be numbers for red, green and blue"},
           {"0.5,", "1", "mean must be numbers"},
           {"a,b,c", "1", "mean must be numbers"},
           {"nan", "1", "mean must be numbers"},
           {"0.5", "inf", "std must be numbers"},
           {"0.5,0.5", "1", "mean must be one number, or three for red, green and blue"},
           {"0.5", "1,1,1,1", "std must be one number, or three"},
           {"0.5", "0", "a standard deviation of 0 is not above 0"},
           {"0.5", "0.2,0.2,-0.2", "a standard deviation of -0.2 is not above 0"},
           {"123.675,116.28,103.53", "58", "a mean of 123.675 is not between -10 and 10; the unit"},
           {"0.5", "58.395", "a standard deviation of 58.395 is not above 0 and at most 10"},
       }) {
    EXPECT_THAT(base::message_of<Error>([&] { parse_normalization(mean, stddev); }),
                HasSubstr(message));
  }
}

TEST(Agreed, IsWhatAnyPlaceSays) {
  const Normalization half{{0.5F, 0.5F, 0.5F}, {0.5F, 0.5F, 0.5F}};
  EXPECT_EQ(agreed({}), std::nullopt);
  EXPECT_EQ(agreed(std::array<Said, 1>{{{"--mean", std::nullopt}}}), std::nullopt);
  EXPECT_EQ(agreed(std::array<Said, 2>{{{"--mean", std::nullopt}, {"--val-transforms", half}}}),
            half);
  EXPECT_EQ(agreed(std::array<Said, 2>{{{"--mean", half}, {"--val-transforms", half}}}), half);
  EXPECT_THAT(base::message_of<Error>([&] {
                agreed(std::array<Said, 2>{
                    {{"--normalize", kNoNormalization}, {"--val-transforms", half}}});
              }),
              HasSubstr("--normalize: normalize(none), but --val-transforms: "
                        "normalize(mean=0.5,std=0.5)"));
}

}  // namespace
}  // namespace engraft::transforms
