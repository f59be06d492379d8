#include "onednn/processor.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

namespace engraft::onednn {
namespace {

using Leaves = std::map<std::uint32_t, std::uint32_t>;  // eax of each leaf's first subleaf

Cpuid processor(Leaves leaves) {
  return [leaves = std::move(leaves)](std::uint32_t leaf, std::uint32_t) {
    const auto found = leaves.find(leaf);
    return std::array<std::uint32_t, 4>{found == leaves.end() ? 0 : found->second, 0, 0, 0};
  };
}

TEST(Processor, ShowsCachesInEitherLeaf) {
  EXPECT_FALSE(hides_caches(processor({{0, 0x20}, {4, 0x1c004121}})));
  EXPECT_FALSE(
      hides_caches(processor({{0, 0x10}, {0x80000000, 0x80000021}, {0x8000001D, 0x00004121}})));
}

TEST(Processor, HidesCachesWhereBothLeavesAreEmpty) {
  EXPECT_TRUE(hides_caches(processor({{0, 0x20}, {0x80000000, 0x80000021}})));
}

// A leaf beyond the largest repeats another one's numbers.
TEST(Processor, ReadsNoLeafThatIsNotThere) {
  EXPECT_TRUE(hides_caches(processor({{0, 2}, {4, 0x21}, {0x80000000, 0x80000008}})));
  EXPECT_TRUE(
      hides_caches(processor({{0, 0x10}, {0x80000000, 0x80000008}, {0x8000001D, 0x00004121}})));
}

}  // namespace
}  // namespace engraft::onednn
