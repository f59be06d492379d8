// What a network gives for the pictures of a data set at one of its nodes (the cut's features, or
// the logits), from the cache where they lie there: the one way for every job that is not a
// training.
#pragma once

#include <span>
#include <vector>

#include "run/compute.h"

namespace engraft::run {

struct Outputs {
  base::Shape shape;          // of one picture: C × H × W, or C
  std::vector<float> values;  // samples × the shape's elements
  bool complete = false;      // false: stopped before all were computed
  double seconds = 0;
  std::size_t from_cache = 0;  // samples that were computed by an earlier run
};

// `what` names the work in progress. Throws Error.
Outputs compute_outputs(const model::Model& model, graph::NodeId output, const data::Dataset& data,
                        std::span<const std::size_t> samples, const infer::ComputePlan& plan,
                        const Settings& settings, const base::Events& events,
                        const std::string& what);

}  // namespace engraft::run
