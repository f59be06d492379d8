// Weights as kernels take them, kept in the cache between processes and mapped from there, so that
// whoever computes a few pictures need not rearrange them first: filtered ones are four times as
// large as the filters and take longer to make than a picture does.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace engraft::infer {

// May be used by several threads at once.
class KeptWeights {
 public:
  // What lies in `cache` (empty: nothing is kept) under `description`, which says in words (they
  // are shown to people) all that decides the weights. What cannot be read is not there; nothing is
  // thrown for it.
  KeptWeights(const base::Path& cache, std::string_view description);

  // What is kept under this name, if it has this size and is undamaged; aligned to 64 bytes, to be
  // read as long as this object lives.
  std::optional<std::span<const std::byte>> find(const std::string& name, std::size_t bytes);

  // Lets go of the memory that what was found takes; what is read again comes back.
  void release() const;

  // Remembers that save() is to write these bytes, which stay as they are until then.
  void add(const std::string& name, std::span<const std::byte> bytes);

  // Writes what was added since the last time; where that fails, it is made again next time.
  void save();

 private:
  struct Place {
    std::span<const std::byte> bytes;
    std::uint64_t checksum = 0;
  };
  struct Added {
    std::string name;
    std::span<const std::byte> bytes;
  };

  void open(const base::Path& path);

  base::Path folder_;  // empty: keeps nothing
  std::string description_;
  std::vector<base::MappedFile> files_;
  std::map<std::string, Place> places_;
  std::mutex mutex_;  // of what was added
  std::vector<Added> added_;
};

}  // namespace engraft::infer
