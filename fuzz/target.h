// What every fuzz target defines: a function that is given foreign bytes, and reads them as the
// program does. It may throw engraft::Error, or have a Problem; whatever else happens is a fault.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace engraft::fuzz {

void read(std::span<const std::byte> bytes);

inline std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// For what holds of all that could be read.
void require(bool holds);

}  // namespace engraft::fuzz
