#include "cache/segment.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <vector>

namespace engraft::cache {
namespace {

using Bytes = std::vector<std::byte>;

// A segment that holds `bytes` bytes between its magic and a footer that claims these numbers.
Bytes segment(std::size_t bytes, std::uint64_t record_bytes, std::uint64_t count) {
  Bytes file(kSegmentMagic.size() + bytes + sizeof(SegmentFooter));
  SegmentFooter footer{record_bytes, count, {}};
  std::memcpy(footer.magic.data(), kSegmentMagic.data(), kSegmentMagic.size());
  std::memcpy(file.data(), kSegmentMagic.data(), kSegmentMagic.size());
  std::memcpy(file.data() + kSegmentMagic.size() + bytes, &footer, sizeof footer);
  return file;
}

TEST(Segment, IsWholeOrNothing) {
  const std::size_t row = sizeof(SegmentRow);
  const Bytes whole = segment(2 * (24 + row), 24, 2);
  const auto read = read_segment(whole);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->count, 2U);
  EXPECT_EQ(read->record(1).size(), 24U);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_segment(std::span(whole).first(size))) << size;
  }
}

// Sizes that wrap when a table's row is added to them, or when they are multiplied.
TEST(Segment, ClaimsOfAnySizeAreChecked) {
  const std::uint64_t row = sizeof(SegmentRow);
  for (const std::uint64_t record :
       {std::uint64_t{0}, 0 - row, 0 - row - 1, 1 - row, std::numeric_limits<std::uint64_t>::max(),
        std::uint64_t{1} << 63U}) {
    for (const std::uint64_t count :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, 0 - row, std::uint64_t{1} << 63U}) {
      EXPECT_FALSE(read_segment(segment(64, record, count))) << record << " " << count;
      EXPECT_FALSE(read_segment(segment(0, record, count)) && count > 0) << record << " " << count;
    }
  }
}

}  // namespace
}  // namespace engraft::cache
