// --precision int8 on the command line.
#pragma once

#include <span>

#include "cli/options.h"

namespace engraft::cli {

// Where `compute` says int8: measures what it needs on some of `samples`, and says what that costs
// these pictures; where it costs too much, `compute` becomes what `auto` means, and that is said.
// Does nothing otherwise. Returns false where it was interrupted.
bool settle_int8(infer::ExecutorOptions& compute, const SharedOptions& options,
                 const data::Dataset& data, std::span<const std::size_t> samples,
                 const model::Model& model, graph::NodeId cut, Console& console);

// Where `compute` says int8: takes what the model's training has measured. Throws UsageError where
// the model has nothing of that kind.
void take_saved_ranges(infer::ExecutorOptions& compute, const model::Model& model,
                       const std::string& name);

}  // namespace engraft::cli
