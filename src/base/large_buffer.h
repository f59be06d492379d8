// Memory for large arrays that are written through once and read often.
#pragma once

#include <cstddef>
#include <memory>

namespace engraft::base {

// Where each of several arrays in one buffer begins: at multiples of a cache line.
constexpr std::size_t kCacheLine = 64;

constexpr std::size_t to_cache_lines(std::size_t bytes) {
  return (bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
}

// Uninitialised, aligned to 64 bytes; in huge pages where it is large and the system has them,
// since a page fault for every 4 KB costs as much as the work that a small network does.
class LargeBuffer {
 public:
  LargeBuffer() = default;
  explicit LargeBuffer(std::size_t bytes);

  std::byte* data() const { return memory_.get(); }

 private:
  struct Release {
    void operator()(std::byte* memory) const;
  };
  std::unique_ptr<std::byte, Release> memory_;
};

}  // namespace engraft::base
