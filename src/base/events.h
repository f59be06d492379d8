// What a caller can watch of long work, and how it stops it, as the jobs within use it.
#pragma once

#include <string>

#include "engraft/events.h"

namespace engraft::base {

using engraft::Events;

inline void note(const Events& events, const std::string& text) {
  if (events.note) events.note(text);
}

inline bool stopped(const Events& events) { return events.stop && events.stop(); }

}  // namespace engraft::base
