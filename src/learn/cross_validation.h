// How strongly a head should be held back, and how good it is on pictures that it has not seen:
// heads that each miss a fold, for one strength of the penalty after another.
#pragma once

#include <cstdint>
#include <vector>

#include "base/events.h"
#include "learn/head_data.h"

namespace engraft::learn {

struct HeadOptions {
  int folds = 5;
  // Strengths of the l2 penalty to choose from, the strongest first.
  std::vector<double> penalties{1, 0.1, 0.01, 0.001};
  std::uint64_t seed = 0;  // of the folds
  int workers = 0;         // 0: all usable cores; no result depends on it
  base::Events events;     // progress in penalties; stop ends within an iteration
  // Multiply-adds that one pass over the rows may take for all folds' heads where a head is found.
  // Where it would take more (hundreds of classes), fewer folds are judged; where a single head
  // takes 24 times as much, the penalty is kUsualPenalty.
  double work = 4e9;
};

// The penalty where none is tried.
constexpr double kUsualPenalty = 0.1;

struct CrossValidation {
  std::int64_t pictures = 0;       // that were held out once; 0: none could be, or
  bool too_large = false;          // it would have taken too long
  std::int64_t right = 0;          // classified by a head that had not seen them
  double loss = 0;                 // mean cross-entropy of the same
  double penalty = kUsualPenalty;  // the one with the lowest loss
  bool complete = true;            // false: stopped before all folds were done
};

// Of linear heads (multinomial logistic regression) on data with one place. Every class has its
// share of every fold; each head's features are scaled to mean 0 and deviation 1 by what it sees.
// Weaker penalties than the first that loses more than the one before it are not tried. Throws
// Error for features that are not finite.
CrossValidation cross_validate(const HeadData& data, const HeadOptions& options = {});

}  // namespace engraft::learn
