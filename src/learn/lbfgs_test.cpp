#include "learn/lbfgs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engraft/error.h"
#include "learn/testing/golden.h"

namespace engraft::learn {
namespace {

double rosenbrock(std::span<const double> x, std::span<double> gradient) {
  const double a = 1 - x[0];
  const double b = x[1] - x[0] * x[0];
  gradient[0] = -2 * a - 400 * x[0] * b;
  gradient[1] = 200 * b;
  return a * a + 100 * b * b;
}

TEST(Lbfgs, FindsRosenbrocksMinimumAsFastAsPyTorch) {
  std::vector<double> x{-1.2, 1};
  const LbfgsResult result =
      minimise(rosenbrock, x, {.gradient_tolerance = 1e-9, .change_tolerance = 1e-15});
  EXPECT_NE(result.stop, LbfgsStop::kIterations);
  EXPECT_NEAR(x[0], 1, 1e-7);
  EXPECT_NEAR(x[1], 1, 1e-7);
  EXPECT_LT(result.value, 1e-14);
  EXPECT_NEAR(result.iterations, golden("rosenbrock")["iterations"].get<int>(), 5);
  EXPECT_NEAR(result.evaluations, golden("rosenbrock")["evaluations"].get<int>(), 10);
}

TEST(Lbfgs, FindsTheMinimumOfAnIllConditionedQuadratic) {
  constexpr std::size_t kSize = 50;
  const auto quadratic = [](std::span<const double> x, std::span<double> gradient) {
    double value = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double scale = std::pow(10.0, 4.0 * static_cast<double>(i) / kSize);
      const double away = x[i] - static_cast<double>(i);
      value += scale * away * away / 2;
      gradient[i] = scale * away;
    }
    return value;
  };
  std::vector<double> x(kSize);
  const LbfgsResult result = minimise(quadratic, x, {.change_tolerance = 1e-18});
  EXPECT_EQ(result.stop, LbfgsStop::kGradient);
  EXPECT_LT(result.evaluations, 1000);
  for (std::size_t i = 0; i < kSize; ++i) EXPECT_NEAR(x[i], static_cast<double>(i), 1e-6);
}

TEST(Lbfgs, ReportsEveryIterationAndNeverRises) {
  std::vector<double> x{-1.2, 1};
  std::vector<double> values;
  minimise(rosenbrock, x, {}, [&](const LbfgsProgress& progress) {
    EXPECT_EQ(progress.iteration, static_cast<int>(values.size()) + 1);
    std::vector<double> gradient(2);
    EXPECT_EQ(rosenbrock(progress.x, gradient), progress.value);
    EXPECT_EQ(std::max(std::abs(gradient[0]), std::abs(gradient[1])), progress.largest_gradient);
    EXPECT_LE(progress.value, values.empty() ? 1e9 : values.back());
    values.push_back(progress.value);
    return true;
  });
  EXPECT_GT(values.size(), 10U);
}

TEST(Lbfgs, SaysWhyItStopped) {
  std::vector<double> x{-1.2, 1};
  EXPECT_EQ(minimise(rosenbrock, x, {.max_iterations = 3}).stop, LbfgsStop::kIterations);
  x = {-1.2, 1};
  const LbfgsResult asked = minimise(
      rosenbrock, x, {}, [](const LbfgsProgress& progress) { return progress.iteration < 2; });
  EXPECT_EQ(asked.stop, LbfgsStop::kCallback);
  EXPECT_EQ(asked.iterations, 2);
  x = {1, 1};
  const LbfgsResult there = minimise(rosenbrock, x);
  EXPECT_EQ(there.stop, LbfgsStop::kGradient);
  EXPECT_EQ(there.evaluations, 1);
  x = {-1.2, 1};
  EXPECT_EQ(minimise(rosenbrock, x, {.gradient_tolerance = 0, .change_tolerance = 1e-3}).stop,
            LbfgsStop::kChange);
}

TEST(Lbfgs, StopsWithinAnIteration) {
  std::vector<double> x{-1.2, 1};
  int evaluations = 0;
  const auto counted = [&](std::span<const double> at, std::span<double> gradient) {
    ++evaluations;
    return rosenbrock(at, gradient);
  };
  const LbfgsResult result = minimise(counted, x, {.stop = [&] { return evaluations >= 2; }});
  EXPECT_EQ(result.stop, LbfgsStop::kCallback);
  EXPECT_EQ(evaluations, 2);
}

TEST(Lbfgs, KeepsAwayFromWhereTheValueIsNotFinite) {
  // x - log x, whose minimum is 1; a full first step leads below zero.
  const auto barrier = [](std::span<const double> x, std::span<double> gradient) {
    if (x[0] <= 0) {
      gradient[0] = std::numeric_limits<double>::quiet_NaN();
      return std::numeric_limits<double>::infinity();
    }
    gradient[0] = 20 - 20 / x[0];
    return 20 * x[0] - 20 * std::log(x[0]);
  };
  std::vector<double> x{8};
  minimise(barrier, x);
  EXPECT_NEAR(x[0], 1, 1e-4);
}

TEST(Lbfgs, RefusesAStartThatIsNotFinite) {
  std::vector<double> x{std::numeric_limits<double>::quiet_NaN(), 0};
  EXPECT_THROW(minimise(rosenbrock, x), Error);
}

}  // namespace
}  // namespace engraft::learn
