// The ranges of a network's values as a text, to be kept with a model.
#pragma once

#include <string>

#include "infer/compute_plan.h"

namespace engraft::infer {

// Ranges as a text that save_model() keeps among a model's facts, under kRangesFact, by the nodes'
// names: {"conv1": [0, 3.5], "conv2": [-1, 2, "wide"]}; and back. Throws Error where the text is
// none.
std::string to_json_text(const Ranges& ranges, const graph::Graph& graph);
Ranges ranges_from_json_text(const std::string& text, const graph::Graph& graph);

}  // namespace engraft::infer
