// What a caller can watch of long work, and how it stops it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace engraft::base {

// Any may be empty. One job never makes two calls of `note` or `progress` at once; `stop` may be
// called from several threads at once, and often.
struct Events {
  std::function<void(const std::string& text)> note;  // a remark for people
  // How much of `what` is done; done == total ends it.
  std::function<void(const std::string& what, std::uint64_t done, std::uint64_t total)> progress;
  std::function<bool()> stop;  // whether to end soon and keep what has been reached
};

inline void note(const Events& events, const std::string& text) {
  if (events.note) events.note(text);
}

inline bool stopped(const Events& events) { return events.stop && events.stop(); }

}  // namespace engraft::base
