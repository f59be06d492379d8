#include "base/memory.h"

#include <gtest/gtest.h>

namespace engraft::base {
namespace {

TEST(Memory, IsWhatTheSystemAndTheGroupsLeave) {
  const std::uint64_t available = available_bytes();
  EXPECT_GT(available, std::uint64_t{1} << 20U);
  EXPECT_LT(available, std::uint64_t{1} << 50U);
}

TEST(Memory, AGroupLeavesItsLimitLessWhatIsUsed) {
  EXPECT_EQ(left_in({"1000\n", "400\n", ""}), 600U);
  EXPECT_EQ(left_in({"1000", "1200", "anon 1100\ninactive_file 100\nactive_file 3\n"}), 0U);
  EXPECT_EQ(left_in({"1000", "900", "inactive_file 700\n"}), 800U);
  EXPECT_EQ(left_in({"max\n", "400\n", ""}), std::nullopt);
  EXPECT_EQ(left_in({"9223372036854771712", "400", ""}), std::nullopt);  // version 1: no limit
  EXPECT_EQ(left_in({"", "", ""}), std::nullopt);
  EXPECT_EQ(left_in({"1000", "?", ""}), std::nullopt);
}

}  // namespace
}  // namespace engraft::base
