#include "learn/folds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace engraft::learn {
namespace {

HeadData labelled(const std::vector<int>& labels, int classes,
                  const std::vector<std::size_t>& groups = {}) {
  return {.labels = labels, .classes = classes, .groups = groups};
}

TEST(DealFolds, GivesEachFoldItsShareOfEveryClass) {
  std::vector<int> labels;
  for (int i = 0; i < 60; ++i) labels.push_back(i % 3 == 0 ? 0 : 1);
  const Folds folds = deal_folds(labelled(labels, 2), 5, 1);
  for (int fold = 0; fold < 5; ++fold) {
    int counts[2] = {};
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (folds.of_row[i] == fold) ++counts[labels[i]];
    }
    EXPECT_EQ(counts[0], 4);
    EXPECT_EQ(counts[1], 8);
  }
  EXPECT_NE(folds.of_row, deal_folds(labelled(labels, 2), 5, 2).of_row);
}

// Ten pictures in three views each: otherwise a head is asked about pictures that it has learned.
TEST(DealFolds, KeepsTheViewsOfAPictureTogether) {
  std::vector<int> labels;
  std::vector<std::size_t> groups;
  for (int view = 0; view < 3; ++view) {
    for (int picture = 0; picture < 10; ++picture) {
      labels.push_back(picture % 2);
      groups.push_back(static_cast<std::size_t>(picture));
    }
  }
  const Folds folds = deal_folds(labelled(labels, 2, groups), 5, 1);
  for (std::size_t picture = 0; picture < 10; ++picture) {
    EXPECT_EQ(folds.of_row[picture], folds.of_row[picture + 10]);
    EXPECT_EQ(folds.of_row[picture], folds.of_row[picture + 20]);
  }
  EXPECT_EQ(std::set<int>(folds.of_row.begin(), folds.of_row.end()).size(), 5U);
}

TEST(DealFolds, APictureAloneInItsClassIsAlwaysSeen) {
  const std::vector<int> labels{0, 1, 1, 2, 2, 2};
  const Folds folds = deal_folds(labelled(labels, 4), 5, 3);
  EXPECT_EQ(folds.of_row[0], kAlwaysSeen);
  EXPECT_NE(folds.of_row[1], folds.of_row[2]);  // one is seen while the other is judged
  for (std::size_t i = 1; i < labels.size(); ++i) EXPECT_NE(folds.of_row[i], kAlwaysSeen);
}

}  // namespace
}  // namespace engraft::learn
