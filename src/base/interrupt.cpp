#include "base/interrupt.h"

#include <array>
#include <atomic>
#include <csignal>

namespace engraft::base {
namespace {

// What a signal's handler may touch, and threads may read.
std::atomic<bool> signal_seen{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void remember_signal(int /*number*/) { signal_seen = true; }

// oneDNN's generated products keep values below the top of the stack, where a signal's frame lands
// too: the handler has a stack of its own, and only the thread that asked for it takes signals.
std::array<char, std::size_t{256} << 10U> handler_stack;

}  // namespace

void catch_interrupts() {
  stack_t stack{};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  ::sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = remember_signal;
  action.sa_flags = SA_ONSTACK | SA_RESTART | static_cast<int>(SA_RESETHAND);
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

void leave_signals_to_others() {
  sigset_t signals;
  ::sigfillset(&signals);
  // These tell of a fault on this very thread.
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) {
    ::sigdelset(&signals, fault);
  }
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

bool interrupted() { return signal_seen; }

}  // namespace engraft::base
