// For tests only: plans that no rule would choose.
#pragma once

#include "infer/compute_plan.h"

namespace engraft::infer {

// Every convolution by filtering where that is possible at all.
inline ComputePlan filtered_plan(const graph::Graph& graph, Precision precision) {
  ComputePlan plan = exact_plan(precision);
  for (const graph::Node& node : graph.nodes) {
    if (std::holds_alternative<graph::Conv2d>(node.layer)) plan.filtered.insert(node.name);
  }
  return plan;
}

}  // namespace engraft::infer
