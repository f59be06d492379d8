// A linear classifier on fixed features, judged by cross-validation: how well a backbone suits a
// data set, in seconds and without a held-out side.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/tensor.h"

namespace engraft::learn {

struct ProbeOptions {
  int folds = 5;
  // Strengths of the l2 penalty to choose from, the strongest first.
  std::vector<double> penalties{1, 0.1, 0.01, 0.001};
  std::uint64_t seed = 0;                // of the folds
  int workers = 0;                       // 0: all usable cores; no result depends on it
  std::function<bool()> stop_requested;  // may be empty; several threads may call it
};

struct ProbeResult {
  std::int64_t pictures = 0;
  std::int64_t right = 0;  // classified by a head that had not seen them
  double loss = 0;         // mean cross-entropy of the same
  double penalty = 0;      // the one with the lowest loss
  bool complete = true;    // false: stopped before all folds were done
};

// Features of any shape as what a linear head sees: C × H × W as the means of C channels.
std::vector<float> pooled(std::span<const float> features, const base::Shape& shape);

// Multinomial logistic regression (fit()) on features N × D, each scaled to mean 0 and deviation 1
// by the training folds; the folds have every class's share. Throws Error where a class has fewer
// than two pictures.
ProbeResult cross_validate(std::span<const float> features, std::span<const int> labels,
                           int classes, const ProbeOptions& options = {});

// The head itself: the penalty that cross_validate() prefers, then all pictures. What scales the
// features is folded into it, so that it takes them as they are.
struct LinearHead {
  std::vector<float> weight;  // classes × D
  std::vector<float> bias;    // classes
  ProbeResult probe;          // what cross-validation found on the way
};
LinearHead fit_linear_head(std::span<const float> features, std::span<const int> labels,
                           int classes, const ProbeOptions& options = {});

}  // namespace engraft::learn
