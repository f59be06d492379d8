#include "learn/softmax.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace engraft::learn {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

TEST(LogSumExp, IsThatOfItsTermsAndOfHugeOnes) {
  const std::vector<float> few{1, 2, 3};
  EXPECT_NEAR(log_sum_exp(few), std::log(std::exp(1.0) + std::exp(2.0) + std::exp(3.0)), 1e-14);
  const std::vector<float> huge{3e38F, -3e38F};
  EXPECT_EQ(log_sum_exp(huge), huge[0]);
  EXPECT_TRUE(std::isnan(log_sum_exp(std::vector<float>{1, kNaN})));
}

TEST(Softmax, GivesProbabilitiesForLogitsOfAnySize) {
  EXPECT_THAT(
      softmax(std::vector<float>{0, std::log(3.0F)}),
      testing::ElementsAre(testing::DoubleNear(0.25, 1e-7), testing::DoubleNear(0.75, 1e-7)));
  EXPECT_THAT(softmax(std::vector<float>{1e30F, -1e30F}), testing::ElementsAre(1, 0));
}

TEST(PredictedClass, IsTheFirstOfTheLargest) {
  EXPECT_EQ(predicted_class(std::vector<float>{1, 3, 3}), 1U);
  EXPECT_EQ(predicted_class(std::vector<float>{kNaN, 3, 1}), std::nullopt);
  EXPECT_EQ(predicted_class(std::vector<float>{3, 1, kNaN}), std::nullopt);
}

TEST(Largest, ComeInOrderAndOfEqualsTheFirst) {
  const std::vector<double> values{0.1, 0.4, 0.1, 0.4};
  EXPECT_THAT(largest(values, 3), testing::ElementsAre(1, 3, 0));
  EXPECT_THAT(largest(values, 9), testing::ElementsAre(1, 3, 0, 2));
}

}  // namespace
}  // namespace engraft::learn
