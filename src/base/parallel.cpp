#include "base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace engraft::base {
namespace {

// The processors' worth of time that the container allows (cgroup v2), or a large number.
double cgroup_quota() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (file >> quota >> period && quota != "max" && period > 0) return std::stod(quota) / period;
  return 1e9;
}

}  // namespace

int usable_processors() {
  cpu_set_t set;
  int count = static_cast<int>(std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof set, &set) == 0) count = CPU_COUNT(&set);
  count = static_cast<int>(std::min<double>(count, std::ceil(cgroup_quota())));
  return std::max(count, 1);
}

void parallel_for(std::size_t items, int workers,
                  const std::function<void(std::size_t item, int worker)>& body) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&](int worker) {
    for (;;) {
      const std::size_t item = next.fetch_add(1);
      if (item >= items) return;
      try {
        body(item, worker);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = items;
      }
    }
  };
  const auto wanted = static_cast<int>(
      std::min<std::size_t>(items, static_cast<std::size_t>(std::max(workers, 1))));
  {
    std::vector<std::jthread> threads;
    for (int worker = 1; worker < wanted; ++worker) threads.emplace_back(work, worker);
    work(0);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace engraft::base
