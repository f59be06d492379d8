#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
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

TEST(ParallelFor, KeepsItsThreads) {
  std::mutex mutex;
  std::set<std::thread::id> seen;
  for (int call = 0; call < 200; ++call) {
    parallel_for(8, 3, [&](std::size_t, int) {
      const std::lock_guard lock(mutex);
      seen.insert(std::this_thread::get_id());
    });
  }
  // The caller, and as many as any test of this file has asked for.
  EXPECT_LE(seen.size(), 8U);
}

TEST(ParallelFor, WorkersAreNeverTheSameAtOnce) {
  std::vector<std::atomic<int>> busy(4);
  parallel_for(2000, 4, [&](std::size_t, int worker) {
    EXPECT_EQ(busy[static_cast<std::size_t>(worker)].fetch_add(1), 0);
    busy[static_cast<std::size_t>(worker)].fetch_sub(1);
  });
}

TEST(ParallelFor, CallsCanBeNestedAndComeFromSeveralThreads) {
  std::atomic<int> done{0};
  const auto work = [&] {
    parallel_for(6, 3,
                 [&](std::size_t, int) { parallel_for(10, 4, [&](std::size_t, int) { ++done; }); });
  };
  {
    std::jthread other(work);
    work();
  }
  EXPECT_EQ(done, 120);
}

TEST(ParallelFor, AFailureWithinANestedCallComesOutOfBoth) {
  const auto work = [](std::size_t outer, int) {
    parallel_for(10, 2, [&](std::size_t inner, int) {
      if (outer == 2 && inner == 5) throw std::runtime_error("inside");
    });
  };
  EXPECT_THROW(parallel_for(4, 2, work), std::runtime_error);
  std::atomic<int> after{0};
  parallel_for(10, 3, [&](std::size_t, int) { ++after; });  // the threads are still there
  EXPECT_EQ(after, 10);
}

TEST(UsableProcessors, IsAtLeastOne) { EXPECT_GE(usable_processors(), 1); }

}  // namespace
}  // namespace engraft::base
