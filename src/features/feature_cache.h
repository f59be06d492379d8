// Under which name features are kept between runs: all that decides them, apart from the picture.
#pragma once

#include <string>

#include "infer/executor.h"
#include "model/model.h"
#include "transforms/pipeline.h"

namespace engraft::features {

// In words, for people who look into the cache, and with a hash of the layers up to `cut` and of
// their parameters.
std::string describe_features(const model::Model& model, graph::NodeId cut,
                              const transforms::Pipeline& pipeline, const infer::ComputePlan& plan,
                              bool exact_decode, int workers);

}  // namespace engraft::features
