// Ctrl-C (SIGINT) and SIGTERM as a question that long work asks now and then, so that it can save
// what it has reached. A second signal ends the process at once.
#pragma once

namespace engraft::base {

// From now on the first signal only makes interrupted() true. It is the calling thread that takes
// them, on a stack of their own (docs/decisions/020-signals-on-a-stack-of-their-own.md).
void catch_interrupts();

// The calling thread takes no signal that is meant for the process.
void leave_signals_to_others();

bool interrupted();

}  // namespace engraft::base
