// A compute plan as a text, to be kept with a run and with a model.
#pragma once

#include <string>

#include "infer/compute_plan.h"

namespace engraft::infer {

// {"version": 1, "precision": "bf16", "filtered": ["layer1.0.conv1"], "instructions":
// "avx512_core_bf16", "onednn": "2.6.3"}, and under int8 "ranges" as ranges_json.h writes them. The
// same plan gives the same text.
std::string to_json_text(const ComputePlan& plan, const graph::Graph& graph);

// Throws Error where the text is no plan, or one of a later version.
ComputePlan plan_from_json_text(const std::string& text, const graph::Graph& graph);

}  // namespace engraft::infer
