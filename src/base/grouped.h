// Large counts as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace engraft {

// 25557032 as "25,557,032", whatever the locale.
inline std::string grouped(std::int64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const bool after_digit = i > 0 && digits[i - 1] != '-';
    if (after_digit && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace engraft
