// --precision int8 on the command line.
#pragma once

#include <span>

#include "cli/options.h"

namespace engraft::cli {

// Where `plan` says int8 and has no ranges: measures them on some of `samples`, and says what that
// costs these pictures; where it costs too much, `plan` becomes what `auto` means, and that is
// said. Does nothing otherwise. Returns false where it was interrupted.
bool settle_int8(infer::ComputePlan& plan, const SharedOptions& options, const data::Dataset& data,
                 std::span<const std::size_t> samples, const model::Model& model, graph::NodeId cut,
                 Console& console);

// Throws UsageError where the plan says int8 and the model's training has not measured for it.
void require_ranges(const infer::ComputePlan& plan, const std::string& name);

}  // namespace engraft::cli
