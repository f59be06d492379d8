#include "onednn/processor.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif

#include <cstdlib>

namespace engraft::onednn {
namespace {

// Intel's leaf of caches, and AMD's, which has the same form.
constexpr std::uint32_t kCaches = 4;
constexpr std::uint32_t kCachesOfAmd = 0x8000001D;
constexpr std::uint32_t kLargestExtended = 0x80000000;

}  // namespace

bool hides_caches(const Cpuid& cpuid) {
  const auto tells = [&](std::uint32_t largest, std::uint32_t leaf) {
    constexpr std::uint32_t kCacheType = 0x1f;  // 0: there is none
    return cpuid(largest, 0)[0] >= leaf && (cpuid(leaf, 0)[0] & kCacheType) != 0;
  };
  return !tells(0, kCaches) && !tells(kLargestExtended, kCachesOfAmd);
}

bool hides_caches() {
#ifdef __x86_64__
  return hides_caches([](std::uint32_t leaf, std::uint32_t subleaf) {
    std::array<std::uint32_t, 4> registers{};
    __cpuid_count(leaf, subleaf, registers[0], registers[1], registers[2], registers[3]);
    return registers;
  });
#else
  return false;
#endif
}

bool plays_hidden_caches() { return std::getenv("ENGRAFT_HIDDEN_CACHES") != nullptr; }

}  // namespace engraft::onednn
