// How many pictures at once: by a rule, in place of a measurement.
#pragma once

#include <cstdint>
#include <vector>

#include "base/tensor.h"
#include "graph/graph.h"
#include "infer/compute_plan.h"
#include "infer/lower.h"

namespace engraft::infer {

// The batch, 1 to `most`, for which the fewest bytes a picture come from beyond a core's share of
// the caches: each weight is read once a batch, and what a layer reads and writes leaves the caches
// where the whole batch of it does not fit. `shapes` are those of one picture.
std::int64_t batch_for(const graph::Graph& graph, const Program& program,
                       const std::vector<base::Shape>& shapes, const ComputePlan& plan,
                       std::int64_t most);

}  // namespace engraft::infer
