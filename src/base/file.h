// Reading whole files and writing them so that a reader finds the old content or the new, never a
// part: beside the target, flushed to the disk, then renamed.
#pragma once

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engraft::base {

using Path = std::filesystem::path;
using Bytes = std::vector<std::byte>;

// Throws Error naming the path and the system's reason.
Bytes read_file(const Path& path);
std::string read_text(const Path& path);

// A file's bytes in memory, mapped; they stay valid as long as the returned pointer does. Throws
// Error.
struct MappedFile {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;
};
MappedFile map_file(const Path& path);

// The ending of the file's name from its last dot, in lower case; "" for none.
std::string lower_extension(const Path& path);

// What tells this file from others and from what it was before, without reading it: its full path,
// place on the disk, size, and when it was last written. Empty where there is none.
std::string identity_of(const Path& path);

// A file under construction. What is written goes to a new file beside `target`; commit() makes it
// `target` in one step; destruction without commit() removes it. All members throw Error.
class AtomicFile {
 public:
  // Whether commit() waits until the content has reached the disk. What can be computed again, and
  // is checked when read, need not.
  enum class Durability { kFull, kNone };

  explicit AtomicFile(Path target, Durability durability = Durability::kFull);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void commit();

 private:
  [[noreturn]] void fail(const char* what);

  Path target_;
  Path temporary_;
  Durability durability_;
  std::FILE* file_ = nullptr;
};

void write_atomically(const Path& target, std::span<const std::byte> bytes);
void write_atomically(const Path& target, std::string_view text);

}  // namespace engraft::base
