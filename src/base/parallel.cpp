#include "base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <exception>
#include <fstream>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

#include "base/interrupt.h"

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

using Body = std::function<void(std::size_t, int)>;

// One call of parallel_for. It lives on its caller's stack, who waits until no helper is inside.
struct Job {
  Job(std::size_t count, const Body& work) : items(count), body(work) {}

  // Takes items until none is left.
  void run(int worker) {
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
  }

  const std::size_t items;
  const Body& body;
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;

  // Under the pool's lock.
  int places = 0;   // helpers that may still come
  int helpers = 0;  // that came so far
  int inside = 0;   // that have not left yet
};

// Threads that wait for jobs; as many as one job ever wanted.
class Pool {
 public:
  void run(Job& job, int helpers);

 private:
  void serve();
  void grow(int threads);

  std::mutex mutex_;
  std::condition_variable offered_;
  std::condition_variable left_;
  std::deque<Job*> open_;  // jobs with places, the oldest first
  int threads_ = 0;
};

// Under the lock. Where the system gives no more threads, there are fewer.
void Pool::grow(int threads) {
  try {
    for (; threads_ < threads; ++threads_) std::thread([this] { serve(); }).detach();
  } catch (const std::system_error&) {
    return;
  }
}

void Pool::run(Job& job, int helpers) {
  {
    const std::lock_guard lock(mutex_);
    grow(helpers);
    job.places = helpers;
    open_.push_back(&job);
  }
  for (int i = 0; i < helpers; ++i) offered_.notify_one();
  job.run(0);
  std::unique_lock lock(mutex_);
  std::erase(open_, &job);  // whoever has not come by now is not needed
  left_.wait(lock, [&] { return job.inside == 0; });
}

void Pool::serve() {
  leave_signals_to_others();
  std::unique_lock lock(mutex_);
  for (;;) {
    offered_.wait(lock, [&] { return !open_.empty(); });
    Job& job = *open_.front();
    if (--job.places == 0) open_.pop_front();
    const int worker = ++job.helpers;
    ++job.inside;
    lock.unlock();
    job.run(worker);
    lock.lock();
    if (--job.inside == 0) left_.notify_all();
  }
}

// Never destroyed: its threads wait until the process ends.
Pool& pool() {
  static Pool& instance = *new Pool;
  return instance;
}

}  // namespace

int usable_processors() {
  cpu_set_t set;
  int count = static_cast<int>(std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof set, &set) == 0) count = CPU_COUNT(&set);
  count = static_cast<int>(std::min<double>(count, std::ceil(cgroup_quota())));
  return std::max(count, 1);
}

void parallel_for(std::size_t items, int workers, const Body& body) {
  Job job(items, body);
  const auto wanted = static_cast<int>(
      std::min<std::size_t>(items, static_cast<std::size_t>(std::max(workers, 1))));
  if (wanted <= 1) {
    job.run(0);
  } else {
    pool().run(job, wanted - 1);
  }
  if (job.failure) std::rethrow_exception(job.failure);
}

}  // namespace engraft::base
