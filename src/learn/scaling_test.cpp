#include "learn/scaling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace engraft::learn {
namespace {

constexpr std::size_t kRows = 4000;

// Rows of one channel, of which the last 1000 are fold 0.
Scaling scaling_of(const std::vector<float>& values, int fold) {
  const std::vector<int> labels(values.size());
  const HeadData data{.channels = 1, .features = values, .labels = labels, .classes = 1};
  Folds folds{1, std::vector<int>(values.size(), kAlwaysSeen)};
  for (std::size_t i = 3 * values.size() / 4; i < values.size(); ++i) folds.of_row[i] = 0;
  return Moments(data, folds, 2).outside(fold);
}

std::vector<float> normal(float mean, float deviation) {
  base::Random random({4});
  std::vector<float> values(kRows);
  for (float& value : values) value = mean + deviation * random.normal();
  return values;
}

TEST(Moments, AreThoseOfTheRowsOutsideAFold) {
  std::vector<float> values = normal(3, 2);
  for (std::size_t i = 3000; i < kRows; ++i) values[i] += 50;
  const Scaling outside = scaling_of(values, 0);
  EXPECT_NEAR(outside.mean[0], 3, 0.1);
  EXPECT_NEAR(outside.scale[0], 0.5, 0.02);
  EXPECT_NEAR(scaling_of(values, kAlwaysSeen).mean[0], 3 + 12.5, 0.1);
}

// Far from zero, where the mean of squares minus the square of the mean has no digits left.
TEST(Moments, KeepTheirDigitsFarFromZero) {
  EXPECT_NEAR(scaling_of(normal(1e4F, 0.1F), kAlwaysSeen).scale[0], 10, 0.3);
}

TEST(Moments, SmallFeaturesVaryToo) {
  EXPECT_NEAR(scaling_of(normal(0, 1e-7F), kAlwaysSeen).scale[0] / 1e7, 1, 0.05);
}

TEST(Moments, WhatNeverVariesIsScaledToNothing) {
  EXPECT_EQ(scaling_of(std::vector<float>(kRows, 0.1F), kAlwaysSeen).scale[0], 0);
  EXPECT_EQ(scaling_of(std::vector<float>(kRows, 0), kAlwaysSeen).scale[0], 0);
}

// In the rows that the fold sees it is always the same.
TEST(Moments, WhatVariesInTheFoldAloneIsScaledToNothing) {
  std::vector<float> values(kRows, 5);
  values[kRows - 1] = 1e6F;
  EXPECT_EQ(scaling_of(values, 0).scale[0], 0);
  EXPECT_GT(scaling_of(values, kAlwaysSeen).scale[0], 0);
}

TEST(Moments, AChannelsPlacesCountTogether) {
  const std::vector<float> rows{1, 3, 10, 10,  //
                                5, 7, 10, 10};
  const std::vector<int> labels(2);
  const HeadData data{.channels = 2, .places = 2, .features = rows, .labels = labels, .classes = 1};
  const Scaling scaling = Moments(data, {0, {kAlwaysSeen, kAlwaysSeen}}, 1).of_all();
  EXPECT_FLOAT_EQ(scaling.mean[0], 4);
  EXPECT_FLOAT_EQ(scaling.scale[0], 1 / std::sqrt(5.0F));
  EXPECT_EQ(scaling.scale[1], 0);
}

}  // namespace
}  // namespace engraft::learn
