// Ctrl-C (SIGINT) and SIGTERM as a question that long work asks now and then, so that it can save
// what it has reached. A second signal ends the process at once.
#pragma once

namespace engraft::base {

// From now on the first signal only makes interrupted() true.
void catch_interrupts();

bool interrupted();

}  // namespace engraft::base
