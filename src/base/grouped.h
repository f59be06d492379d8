// Large counts as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace engraft {

// 25557032 as "25,557,032", whatever the locale.
inline std::string grouped(std::int64_t count) {
  std::string digits = std::to_string(count);
  const std::ptrdiff_t first = count < 0 ? 1 : 0;
  for (std::ptrdiff_t i = std::ssize(digits) - 3; i > first; i -= 3) {
    digits.insert(static_cast<std::size_t>(i), ",");
  }
  return digits;
}

}  // namespace engraft
