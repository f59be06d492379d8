// Under which name features are kept between runs: all that decides them, apart from the picture.
#pragma once

#include <string>

#include "infer/executor.h"
#include "model/model.h"
#include "transforms/transforms.h"

namespace engraft {

// In words, for people who look into the cache, and with a hash of the layers up to `cut` and of
// their parameters.
std::string describe_features(const Model& model, NodeId cut, const Pipeline& pipeline,
                              const ExecutorOptions& compute, bool exact_decode, int workers);

}  // namespace engraft
