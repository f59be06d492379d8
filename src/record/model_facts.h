// What a saved model tells about its training.
#pragma once

#include "record/run.h"

namespace engraft::record {

// The model with its run's facts: "training", every option; "results", figures on the validation
// side and the iteration they belong to.
model::Model with_facts(model::Model model, const Run& run, const learn::Metrics& metrics,
                        std::int64_t iteration);

}  // namespace engraft::record
