#include "base/large_buffer.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace engraft::base {

LargeBuffer::LargeBuffer(std::size_t bytes) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20U;
  constexpr std::size_t kWorthwhile = 2 * kHugePage;
  const std::size_t alignment = bytes >= kWorthwhile ? kHugePage : kCacheLine;
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  memory_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, rounded)));
  if (!memory_ && bytes > 0) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  // Advice only: without huge pages all works as well, if slower.
  if (alignment == kHugePage) ::madvise(memory_.get(), rounded, MADV_HUGEPAGE);
#endif
}

void LargeBuffer::Release::operator()(std::byte* memory) const { std::free(memory); }

}  // namespace engraft::base
