#include "learn/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace engraft::learn {
namespace {

TEST(Metrics, CountWhatIsTakenForWhat) {
  // Class 2 is never predicted, class 3 never seen.
  const std::vector<float> logits{5, 1, 0, 0,   //
                                  0, 5, 1, 0,   //
                                  4, 1, 0, 0,   //
                                  0, 2, 1, 0,   //
                                  0, 0, 1, 9};  //
  const std::vector<int> labels{0, 1, 1, 2, 2};
  const Metrics metrics = compute_metrics(logits, labels, 4);
  EXPECT_DOUBLE_EQ(metrics.accuracy_percent, 40);
  const Confusion::Matrix confusion{{1, 0, 0, 0}, {1, 1, 0, 0}, {0, 1, 0, 1}, {0, 0, 0, 0}};
  EXPECT_EQ(metrics.confusion.matrix(), confusion);
  EXPECT_EQ(metrics.classes[1].images, 2);
  EXPECT_DOUBLE_EQ(metrics.classes[0].precision, 0.5);
  EXPECT_DOUBLE_EQ(metrics.classes[0].recall, 1);
  EXPECT_DOUBLE_EQ(metrics.classes[0].f1, 2.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.classes[1].precision, 0.5);
  EXPECT_DOUBLE_EQ(metrics.classes[1].recall, 0.5);
  EXPECT_DOUBLE_EQ(metrics.classes[2].precision, 0);
  EXPECT_DOUBLE_EQ(metrics.classes[2].f1, 0);
  EXPECT_DOUBLE_EQ(metrics.classes[3].recall, 0);
}

TEST(Metrics, LossIsTheMeanCrossEntropy) {
  const std::vector<float> logits{0, 0, std::log(3.0F), 0};
  const std::vector<int> labels{0, 1};
  EXPECT_NEAR(compute_metrics(logits, labels, 2).loss, (std::log(2.0) + std::log(4.0)) / 2, 1e-7);
}

TEST(Metrics, LargeLogitsStayFinite) {
  const std::vector<float> logits{3e30F, -3e30F};
  const std::vector<int> labels{1};
  EXPECT_TRUE(std::isfinite(compute_metrics(logits, labels, 2).loss));
}

TEST(Metrics, LogitsThatAreNoNumbersAnswerNothing) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Metrics metrics = compute_metrics(std::vector<float>{nan, nan, 3, 1}, std::vector{0, 0}, 2);
  EXPECT_DOUBLE_EQ(metrics.accuracy_percent, 50);
  EXPECT_DOUBLE_EQ(metrics.classes[0].recall, 0.5);
  EXPECT_EQ(metrics.confusion.pairs().size(), 1U);
  EXPECT_TRUE(std::isnan(metrics.loss));
}

// 83.33 % of 24 pictures, all of it by answering the class that 20 of them are of.
TEST(Metrics, ShowWhatAnAccuracyIsWorth) {
  std::vector<float> logits;
  std::vector<int> labels;
  for (int i = 0; i < 24; ++i) {
    logits.insert(logits.end(), {0.0F, 1.0F, 0.0F, 0.0F});
    labels.push_back(i < 20 ? 1 : i < 23 ? 0 : 2);
  }
  const Metrics metrics = compute_metrics(logits, labels, 4);
  EXPECT_NEAR(metrics.accuracy_percent, 83.33, 0.01);
  EXPECT_EQ(images_in(metrics), 24);
  EXPECT_EQ(majority_baseline(metrics).largest_class, 1U);
  EXPECT_EQ(majority_baseline(metrics).accuracy_percent, metrics.accuracy_percent);
  EXPECT_NEAR(balanced_accuracy_percent(metrics), 33.33, 0.01);
  EXPECT_THAT(never_found(metrics), testing::ElementsAre(0, 2));  // 3 has no pictures
  EXPECT_NEAR(accuracy_interval(metrics).low, 0.641, 0.001);
  EXPECT_NEAR(accuracy_interval(metrics).high, 0.933, 0.001);
}

TEST(Metrics, OfNothingAreZero) {
  const Metrics metrics = compute_metrics({}, {}, 2);
  EXPECT_EQ(metrics.accuracy_percent, 0);
  EXPECT_EQ(metrics.loss, 0);
  EXPECT_EQ(metrics.confusion.classes(), 2U);
}

}  // namespace
}  // namespace engraft::learn
