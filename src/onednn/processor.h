// What the processor says of its caches. oneDNN 3 divides work by their sizes, so that a virtual
// machine which hides them needs another way (widens_filters() in onednn.h).
#pragma once

#include <array>
#include <cstdint>
#include <functional>

namespace engraft::onednn {

// The registers eax, ebx, ecx and edx that the instruction CPUID gives for a leaf and a subleaf.
using Cpuid = std::function<std::array<std::uint32_t, 4>(std::uint32_t, std::uint32_t)>;

// Whether no leaf tells a cache's size.
bool hides_caches(const Cpuid& cpuid);

// Whether this processor hides them. Never where there is no such instruction.
bool hides_caches();

// Whether ENGRAFT_HIDDEN_CACHES, which is for tests, asks to do as if it did.
bool plays_hidden_caches();

}  // namespace engraft::onednn
