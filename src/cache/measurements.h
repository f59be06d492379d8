// What was measured on this processor to choose the faster of several ways: once each, and
// remembered.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <string>

#include "base/file.h"

namespace engraft::cache {

// The shorter of two runs of `work()`, in seconds.
template <typename Work>
double shortest_seconds(const Work& work) {
  using Clock = std::chrono::steady_clock;
  constexpr int kRuns = 2;
  double best = std::numeric_limits<double>::infinity();
  for (int run = 0; run < kRuns; ++run) {
    const Clock::time_point begin = Clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return best;
}

// May be used by several threads at once.
class Measurements {
 public:
  // `file` is where they are remembered; empty: nowhere. `processor` says in words what they hold
  // for: a file that cannot be read, or that is another processor's, counts as absent.
  explicit Measurements(base::Path file = {}, std::string processor = {});

  // What is remembered under this name; where there is nothing, what `measure` returns, which may
  // itself ask for other measurements.
  double get(const std::string& name, const std::function<double()>& measure);

  // Writes down what is new. Where that fails, it is measured again next time.
  void save();

 private:
  base::Path file_;
  std::string processor_;
  std::mutex mutex_;  // not held while something is measured
  std::map<std::string, double> values_;
  bool changed_ = false;
};

}  // namespace engraft::cache
