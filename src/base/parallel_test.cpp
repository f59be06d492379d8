#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace engraft::base {
namespace {

TEST(ParallelFor, VisitsEachItemOnce) {
  for (const int workers : {1, 2, 7}) {
    std::vector<std::atomic<int>> visits(100);
    parallel_for(visits.size(), workers, [&](std::size_t item, int worker) {
      EXPECT_LT(worker, workers);
      ++visits[item];
    });
    for (const auto& count : visits) EXPECT_EQ(count, 1);
  }
  parallel_for(0, 4, [](std::size_t, int) { FAIL(); });
}

TEST(ParallelFor, PassesOnTheFirstFailureAndStops) {
  std::atomic<int> begun{0};
  const auto work = [&](std::size_t item, int) {
    ++begun;
    if (item == 3) throw std::runtime_error("item 3");
  };
  EXPECT_THROW(parallel_for(1'000'000, 2, work), std::runtime_error);
  EXPECT_LT(begun, 1'000'000);
}

TEST(UsableProcessors, IsAtLeastOne) { EXPECT_GE(usable_processors(), 1); }

}  // namespace
}  // namespace engraft::base
