// Which convolutions are faster by filtering: a rule of a few constants for each set of
// instructions, in place of a measurement, so that every run chooses alike. bench/plan_rules
// measures the constants, and how much the rule loses against the best choice.
#pragma once

#include <string_view>

#include "base/tensor.h"
#include "graph/layer.h"
#include "infer/compute_plan.h"

namespace engraft::infer {

// How many times faster filtering computes a convolution from C × H × W values to K × H' × W' ones
// than computing it as it is defined in the same type (kInt8: than in 8 bits). 0 where it cannot be
// filtered: that takes a 3 × 3 convolution of stride 1 in whole vectors of channels.
double filtering_gain(const graph::Conv2d& conv, const base::Shape& source,
                      const base::Shape& destination, Precision precision,
                      std::string_view instructions);

// Whether the rule chooses filtering: where it gains enough to round differently for.
bool is_worth_filtering(double gain, Precision precision);

}  // namespace engraft::infer
