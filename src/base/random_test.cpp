#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace engraft::base {
namespace {

TEST(Random, GivesTheSameNumbersOnEveryMachine) {
  // From an implementation of Philox4x32-10 in another language that reproduces Random123's known
  // answers. A change here would change every split and every augmentation.
  Random random({1, 2, 3});
  EXPECT_EQ(random.bits(), 0x2ae93fc5U);
  EXPECT_EQ(random.bits(), 0xa7d1bdcfU);
  EXPECT_EQ(mix_bits("train/ants/0013035.jpg"), 0xb9f699c7e2a9a876ULL);
  EXPECT_EQ(mix_bits({7, 8}), 0xb2636a6e316786acULL);
}

TEST(Random, KeysNameDifferentStreams) {
  EXPECT_NE(Random({1, 2}).bits(), Random({2, 1}).bits());
  EXPECT_NE(Random({1}).bits(), Random({1, 0}).bits());
}

TEST(Random, UniformCoversItsRangeEvenly) {
  Random random({42});
  std::array<int, 10> counts{};
  for (int i = 0; i < 100'000; ++i) {
    const float value = random.uniform(2, 3);
    ASSERT_GE(value, 2);
    ASSERT_LT(value, 3);
    ++counts[static_cast<std::size_t>((value - 2) * 10)];
  }
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
}

// Floats beside 1001 lie 6e-5 apart: rounding would reach it in one draw of 30,000.
TEST(Random, UniformNeverReachesItsEnd) {
  Random random({1});
  for (int i = 0; i < 1'000'000; ++i) ASSERT_LT(random.uniform(1000, 1001), 1001);
  EXPECT_EQ(random.uniform(5, 5), 5);
  // Elsewhere the numbers are as they ever were.
  Random one({2});
  Random other({2});
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(one.uniform(-3, 5), -3 + 8 * other.uniform());
}

TEST(Random, NormalHasMeanZeroAndDeviationOne) {
  Random random({42});
  double sum = 0;
  double squares = 0;
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) {
    const double value = random.normal();
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / kCount, 0, 0.015);
  EXPECT_NEAR(squares / kCount, 1, 0.02);
}

TEST(Random, BelowIsUnbiased) {
  Random random({42});
  std::array<int, 3> counts{};
  for (int i = 0; i < 30'000; ++i) ++counts[random.below(3)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
}

TEST(Random, PermutationHoldsEachIndexOnce) {
  for (const std::size_t n : {0U, 1U, 2U, 100U}) {
    std::vector<std::size_t> order = Random({n}).permutation(n);
    ASSERT_EQ(order.size(), n);
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(order[i], i);
  }
  EXPECT_NE(Random({1}).permutation(100), Random({2}).permutation(100));
}

}  // namespace
}  // namespace engraft::base
