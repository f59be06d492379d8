// Training to the end: the parameters of the suffix that minimise the loss over all pictures at
// once, found by L-BFGS. For a head on fixed features that is logistic regression, with one
// optimum.
#pragma once

#include <cstdint>
#include <span>

#include "learn/lbfgs.h"
#include "learn/suffix.h"

namespace engraft::learn {

struct FitOptions {
  LbfgsOptions lbfgs;
  double l2 = 0;  // l2 / 2 · Σ w² is added to the mean cross-entropy, over weights but not biases
};

// Minimises over suffix.parameters() for features at `start` (from the cut to the first node that
// learns) of all training pictures, N one after another, without dropout. During the callback the
// suffix has the parameters of that iteration; the value is the loss with the l2 term. Sums over
// pictures are in float32, so a gradient below about 1e-7 of its terms is not told from zero.
LbfgsResult fit(Suffix& suffix, graph::NodeId start, std::span<const float> features,
                std::span<const int> labels, const FitOptions& options = {},
                const LbfgsCallback& callback = {});

}  // namespace engraft::learn
