// How far an accuracy measured on few pictures can be from the true one.
#pragma once

#include <cstdint>

namespace engraft::learn {

struct Interval {
  double low = 0;
  double high = 1;
};

// The 95 % confidence interval of a share from `successes` of `trials` (Wilson 1927,
// doi:10.1080/01621459.1927.10502953): unlike the usual normal interval it stays within [0, 1] and
// holds for small counts and shares near the ends. [0, 1] for no trials.
Interval wilson_interval(std::int64_t successes, std::int64_t trials);

}  // namespace engraft::learn
