// What a caller can watch of long work, and how it stops it, for the jobs within. The type is the
// public one, so that a program's own callbacks reach a job as they are.
#pragma once

#include <string>

#include "engraft/events.h"

namespace engraft {

inline void note(const Events& events, const std::string& text) {
  if (events.note) events.note(text);
}

inline bool stopped(const Events& events) { return events.stop && events.stop(); }

}  // namespace engraft

namespace engraft::base {

using engraft::Events;
using engraft::note;
using engraft::stopped;

}  // namespace engraft::base
