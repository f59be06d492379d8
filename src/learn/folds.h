// Who is held out when: the folds of cross-validation, dealt so that each has its share of every
// class.
#pragma once

#include <cstdint>
#include <vector>

#include "learn/head_data.h"

namespace engraft::learn {

// Of rows that every fold learns from and none judges.
constexpr int kAlwaysSeen = -1;

struct Folds {
  int count = 0;
  std::vector<int> of_row;  // in [0, count), or kAlwaysSeen
};

// Each row's fold. A group stands in one fold whole; the groups of every class (that of a group's
// first row) are dealt out in turn. A class with a single group could not be learned while it is
// judged, so it is always seen.
Folds deal_folds(const HeadData& data, int folds, std::uint64_t seed);

}  // namespace engraft::learn
