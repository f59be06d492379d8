// How nearly two rows of numbers point the same way.
#pragma once

#include <cmath>
#include <cstddef>

namespace engraft::base {

// The cosine of the angle between two arrays of equally many numbers: 1 where they point the same
// way, 0 where only one of them is all zeros.
template <typename A, typename B>
double cosine_similarity(const A& a, const B& b) {
  double product = 0;
  double a_squared = 0;
  double b_squared = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i];
    const double y = b[i];
    product += x * y;
    a_squared += x * x;
    b_squared += y * y;
  }
  const double lengths = std::sqrt(a_squared * b_squared);
  if (lengths > 0) return product / lengths;
  return a_squared == b_squared ? 1 : 0;
}

}  // namespace engraft::base
