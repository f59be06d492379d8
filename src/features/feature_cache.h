// Under which name features are kept between runs: all that decides them, apart from the picture.
#pragma once

#include <string>

#include "infer/executor.h"
#include "model/model.h"
#include "transforms/pipeline.h"

namespace engraft::features {

// Of the layers up to `cut`, how they are connected, and their parameters: 16 hexadecimal digits.
// Reads all of these parameters.
std::string hash_of_prefix(const model::Model& model, graph::NodeId cut, int workers);

// In words, for people who look into the cache; `prefix` is the hash_of_prefix().
std::string describe_features(const model::Model& model, graph::NodeId cut,
                              const std::string& prefix, const transforms::Pipeline& pipeline,
                              const infer::ComputePlan& plan, bool exact_decode);

}  // namespace engraft::features
