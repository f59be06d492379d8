#include "base/interrupt.h"

#include <atomic>
#include <csignal>

namespace engraft::base {
namespace {

// What a signal's handler may touch, and threads may read.
std::atomic<bool> signal_seen{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void remember_signal(int number) {
  signal_seen = true;
  std::signal(number, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, remember_signal);
  std::signal(SIGTERM, remember_signal);
}

bool interrupted() { return signal_seen; }

}  // namespace engraft::base
