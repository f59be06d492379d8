// --precision int8 on the command line.
#pragma once

#include <span>

#include "cli/options.h"

namespace engraft {

// Where `compute` says int8: measures what it needs on some of `samples`, and says what that costs
// these pictures; where it costs too much, `compute` becomes what `auto` means, and that is said.
// Does nothing otherwise. Returns false where it was interrupted.
bool settle_int8(ExecutorOptions& compute, const SharedOptions& options, const Dataset& data,
                 std::span<const std::size_t> samples, const Model& model, NodeId cut,
                 Console& console);

// Where `compute` says int8: takes what the model's training has measured. Throws UsageError where
// the model has nothing of that kind.
void take_saved_ranges(ExecutorOptions& compute, const Model& model, const std::string& name);

}  // namespace engraft
