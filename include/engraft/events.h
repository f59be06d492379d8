// What a program can watch of long work, and how it stops it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace engraft {

// Any may be empty. One job never makes two calls of `note` or `progress` at once, but they may
// come from other threads than the caller's; `stop` may be called from several threads at once, and
// often. An exception that one of them throws ends the job, and comes out of the function that was
// called.
struct Events {
  std::function<void(const std::string& text)> note;  // a remark for people
  // How much of `what` is done; done == total ends it.
  std::function<void(const std::string& what, std::uint64_t done, std::uint64_t total)> progress;
  std::function<bool()> stop;  // whether to end soon and keep what has been reached
};

}  // namespace engraft
