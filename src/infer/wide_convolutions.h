// Which convolutions of a network in 8 bits gain more from filtering in a wider type.
#pragma once

#include "infer/executor.h"

namespace engraft::infer {

// `options.ranges` (from Executor::measure_ranges()) with those convolutions marked as wide that
// this processor computes clearly faster so. Only with kFastest; otherwise all that can be is
// computed in 8 bits.
Ranges prefer_faster(const graph::Graph& graph, const base::StateDict& parameters,
                     graph::NodeId output, const ExecutorOptions& options);

}  // namespace engraft::infer
