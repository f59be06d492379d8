// The bytes of one segment: a magic, records of equal size one after another, a table with a key
// and a checksum for each, and a footer that says how many there are. Anybody may have written
// them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace engraft::cache {

using RecordKey = std::array<std::byte, 32>;

inline constexpr std::string_view kSegmentMagic = "ENGRAFT1";

struct SegmentRow {
  RecordKey key;
  std::uint64_t checksum;  // of the record
};

struct SegmentFooter {
  std::uint64_t record_bytes;
  std::uint64_t count;
  std::array<char, kSegmentMagic.size()> magic;
};

// A segment where it lies.
struct Segment {
  std::uint64_t record_bytes = 0;
  std::uint64_t count = 0;
  const std::byte* records = nullptr;

  std::span<const std::byte> record(std::uint64_t i) const {
    return {records + i * record_bytes, static_cast<std::size_t>(record_bytes)};
  }
  SegmentRow row(std::uint64_t i) const;
};

// Nothing where the file is no whole segment.
std::optional<Segment> read_segment(std::span<const std::byte> file);

}  // namespace engraft::cache
