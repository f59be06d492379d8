// A download's part that has arrived so far: beside its target as NAME.partial, appended to by one
// process at a time, and moved into place when it is whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/file.h"

namespace engraft::fetch {

class PartialFile {
 public:
  // Opens or makes the file, and the folders above it. While another process works on it, asks
  // `wait` now and then whether to go on waiting; false ends it with an Error. Where the file
  // system has no locks, the file gets a name of this process's own. Throws Error.
  PartialFile(base::Path target, const std::function<bool()>& wait);
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  ~PartialFile();

  const base::Path& path() const { return path_; }
  std::uint64_t size() const;

  // False on failure; problem() then says why.
  bool append(const char* bytes, std::size_t count);
  const std::string& problem() const { return problem_; }

  void clear();  // throws Error
  void remove() noexcept;
  void move_to_target();  // flushed to the disk, then in one step; throws Error

 private:
  void open();
  bool is_still_there() const;
  [[noreturn]] void fail() const;

  base::Path target_;
  base::Path path_;
  int descriptor_ = -1;
  std::string problem_;
};

}  // namespace engraft::fetch
