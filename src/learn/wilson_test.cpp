#include "learn/wilson.h"

#include <gtest/gtest.h>

namespace engraft::learn {
namespace {

// Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
TEST(WilsonInterval, MatchesPublishedValues) {
  const auto expect = [](int successes, int trials, double low, double high) {
    const Interval interval = wilson_interval(successes, trials);
    EXPECT_NEAR(interval.low, low, 5e-5) << successes << " of " << trials;
    EXPECT_NEAR(interval.high, high, 5e-5) << successes << " of " << trials;
  };
  expect(81, 263, 0.2553, 0.3662);
  expect(15, 148, 0.0624, 0.1605);
  expect(0, 20, 0.0000, 0.1611);
  expect(1, 29, 0.0061, 0.1718);
}

TEST(WilsonInterval, IsSymmetricAndWithinTheUnitInterval) {
  for (int trials = 1; trials <= 40; ++trials) {
    for (int successes = 0; successes <= trials; ++successes) {
      const Interval interval = wilson_interval(successes, trials);
      const Interval mirrored = wilson_interval(trials - successes, trials);
      EXPECT_GE(interval.low, 0);
      EXPECT_LE(interval.high, 1);
      EXPECT_LE(interval.low, static_cast<double>(successes) / trials + 1e-12);
      EXPECT_GE(interval.high, static_cast<double>(successes) / trials - 1e-12);
      EXPECT_NEAR(interval.low, 1 - mirrored.high, 1e-12);
    }
  }
}

TEST(WilsonInterval, IsEverythingWithoutTrials) {
  EXPECT_EQ(wilson_interval(0, 0).low, 0);
  EXPECT_EQ(wilson_interval(0, 0).high, 1);
}

}  // namespace
}  // namespace engraft::learn
