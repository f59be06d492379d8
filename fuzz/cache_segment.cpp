#include "cache/segment.h"
#include "target.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  const std::optional<cache::Segment> segment = cache::read_segment(bytes);
  if (!segment) return;
  double sum = 0;  // each record lies within the file
  for (std::uint64_t i = 0; i < segment->count; ++i) {
    for (const std::byte byte : segment->record(i)) sum += std::to_integer<int>(byte);
    sum += std::to_integer<int>(segment->row(i).key[0]);
  }
  require(sum >= 0);
}
