#include "learn/wilson.h"

#include <algorithm>
#include <cmath>

namespace engraft::learn {

Interval wilson_interval(std::int64_t successes, std::int64_t trials) {
  if (trials <= 0) return {};
  constexpr double kZ = 1.959963984540054;  // the normal distribution's 97.5th percentile
  const auto n = static_cast<double>(trials);
  const double share = static_cast<double>(successes) / n;
  const double center = share + kZ * kZ / (2 * n);
  const double reach = kZ * std::sqrt(share * (1 - share) / n + kZ * kZ / (4 * n * n));
  const double scale = 1 + kZ * kZ / n;
  return {std::max(0.0, (center - reach) / scale), std::min(1.0, (center + reach) / scale)};
}

}  // namespace engraft::learn
