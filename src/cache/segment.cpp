#include "cache/segment.h"

#include <cstring>

namespace engraft::cache {

SegmentRow Segment::row(std::uint64_t i) const {
  SegmentRow row;
  std::memcpy(&row, records + count * record_bytes + i * sizeof row, sizeof row);
  return row;
}

std::optional<Segment> read_segment(std::span<const std::byte> file) {
  SegmentFooter footer{};
  if (file.size() < kSegmentMagic.size() + sizeof footer) return std::nullopt;
  std::memcpy(&footer, file.data() + file.size() - sizeof footer, sizeof footer);
  const std::uint64_t room = file.size() - kSegmentMagic.size() - sizeof footer;
  // No size beyond the file's is added to or multiplied: it may be any number.
  const bool fits = std::string_view(footer.magic.data(), footer.magic.size()) == kSegmentMagic &&
                    footer.record_bytes > 0 && footer.record_bytes <= room &&
                    footer.count <= room / (footer.record_bytes + sizeof(SegmentRow)) &&
                    footer.count * (footer.record_bytes + sizeof(SegmentRow)) == room;
  if (!fits) return std::nullopt;
  return Segment{footer.record_bytes, footer.count, file.data() + kSegmentMagic.size()};
}

}  // namespace engraft::cache
