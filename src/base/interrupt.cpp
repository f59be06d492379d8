#include "base/interrupt.h"

#include <csignal>

namespace engraft::base {
namespace {

volatile std::sig_atomic_t signal_seen = 0;

void remember_signal(int number) {
  signal_seen = 1;
  std::signal(number, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, remember_signal);
  std::signal(SIGTERM, remember_signal);
}

bool interrupted() { return signal_seen != 0; }

}  // namespace engraft::base
