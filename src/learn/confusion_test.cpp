#include "learn/confusion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engraft::learn {
namespace {

TEST(Confusion, AddsUpEqualPairsInOrder) {
  const Confusion confusion(4, {{2, 1, 1}, {0, 0, 3}, {2, 1, 4}, {1, 3, 0}, {0, 2, 1}});
  EXPECT_THAT(confusion.pairs(), testing::ElementsAre(ConfusedPair{0, 0, 3}, ConfusedPair{0, 2, 1},
                                                      ConfusedPair{2, 1, 5}));
  EXPECT_EQ(confusion.count(2, 1), 5);
  EXPECT_EQ(confusion.count(1, 3), 0);
  EXPECT_EQ(confusion.count(3, 3), 0);
  EXPECT_EQ(confusion.right(), 3);
}

TEST(Confusion, IsAMatrixAndBack) {
  const Confusion::Matrix matrix{{3, 0, 1}, {0, 0, 2}, {0, 0, 4}};
  const Confusion confusion(matrix);
  EXPECT_EQ(confusion.classes(), 3U);
  EXPECT_EQ(confusion.right(), 7);
  EXPECT_EQ(confusion.matrix(), matrix);
  EXPECT_EQ(Confusion(3, confusion.pairs()), confusion);
}

// A matrix of them would hold 10^12 counts.
TEST(Confusion, OfAMillionClassesIsSmall) {
  const Confusion confusion(1'000'000, {{999'999, 0, 1}, {5, 5, 2}});
  EXPECT_EQ(confusion.pairs().size(), 2U);
  EXPECT_EQ(confusion.count(999'999, 0), 1);
}

}  // namespace
}  // namespace engraft::learn
