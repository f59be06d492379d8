#include "learn/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

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
  const std::vector<std::vector<std::int64_t>> confusion{
      {1, 0, 0, 0}, {1, 1, 0, 0}, {0, 1, 0, 1}, {0, 0, 0, 0}};
  EXPECT_EQ(metrics.confusion, confusion);
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

TEST(Metrics, OfNothingAreZero) {
  const Metrics metrics = compute_metrics({}, {}, 2);
  EXPECT_EQ(metrics.accuracy_percent, 0);
  EXPECT_EQ(metrics.loss, 0);
  EXPECT_EQ(metrics.confusion.size(), 2U);
}

}  // namespace
}  // namespace engraft::learn
