#include "learn/cross_entropy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engraft/error.h"

namespace engraft::learn {
namespace {

TEST(CrossEntropy, IsTheMeanOfLogSumExpMinusTheLabelsLogit) {
  const std::vector<float> logits{1, 2, 3, 0, 0, 0};
  const std::vector<int> labels{2, 1};
  std::vector<float> gradient(6);
  const StepResult result = cross_entropy(logits, labels, gradient);
  const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(3.0);
  EXPECT_NEAR(result.loss, (std::log(sum) - 3 + std::log(3.0)) / 2, 1e-12);
  EXPECT_EQ(result.correct, 1);  // of equal logits the first counts
  const std::vector<double> want{std::exp(1.0) / sum / 2,
                                 std::exp(2.0) / sum / 2,
                                 (std::exp(3.0) / sum - 1) / 2,
                                 1.0 / 6,
                                 (1.0 / 3 - 1) / 2,
                                 1.0 / 6};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(gradient[i], want[i], 1e-7);
}

TEST(CrossEntropy, GradientMatchesDifferences) {
  std::vector<float> logits{0.3F, -1.2F, 2.5F, 0.1F, 0.9F, -0.4F, 1.1F, -2.0F};
  const std::vector<int> labels{1, 3};
  std::vector<float> gradient(logits.size());
  cross_entropy(logits, labels, gradient);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const float before = logits[i];
    logits[i] = before + 1e-2F;
    const double up = cross_entropy(logits, labels, {}).loss;
    logits[i] = before - 1e-2F;
    const double down = cross_entropy(logits, labels, {}).loss;
    logits[i] = before;
    EXPECT_NEAR((up - down) / 2e-2, gradient[i], 2e-5);
  }
}

TEST(CrossEntropy, StaysFiniteForHugeLogits) {
  const std::vector<float> logits{3e38F, -3e38F, 0, 1000, 1001, -1000};
  const std::vector<int> labels{1, 1};
  std::vector<float> gradient(6);
  const StepResult result = cross_entropy(logits, labels, gradient);
  EXPECT_NEAR(result.loss / 3e38, 1, 1e-6);
  EXPECT_EQ(result.correct, 1);
  for (const float value : gradient) EXPECT_TRUE(std::isfinite(value));
  EXPECT_FLOAT_EQ(gradient[0], 0.5F);
  EXPECT_FLOAT_EQ(gradient[1], -0.5F);
}

TEST(CrossEntropy, CanWriteItsGradientOverTheLogits) {
  std::vector<float> logits{1, 2, 3, -1, 0.5F, 0};
  const std::vector<int> labels{0, 2};
  std::vector<float> apart(6);
  const double loss = cross_entropy(logits, labels, apart).loss;
  EXPECT_EQ(cross_entropy(logits, labels, logits).loss, loss);
  EXPECT_EQ(logits, apart);
}

TEST(CrossEntropy, NamesALabelOutsideTheClasses) {
  const std::vector<float> logits(6);
  for (const int label : {-1, 3}) {
    const std::vector<int> labels{0, label};
    EXPECT_THROW(cross_entropy(logits, labels, {}), Error);
  }
}

TEST(CrossEntropy, OfNothingIsZero) { EXPECT_EQ(cross_entropy({}, {}, {}).loss, 0); }

}  // namespace
}  // namespace engraft::learn
