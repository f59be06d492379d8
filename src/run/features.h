// A backbone's features of every picture, as a file.
#pragma once

#include <optional>
#include <string>

#include "base/events.h"
#include "base/tensor.h"
#include "data/dataset.h"
#include "training/settings.h"

namespace engraft::run {

struct FeaturesRequest {
  std::string data;
  base::Path output;            // .npy or .safetensors
  training::Settings settings;  // `model` may be a saved one; `train` says where the cut is
};

struct FeaturesResult {
  data::Dataset data;  // its samples stand in the order of the rows
  base::Shape shape;   // pictures × C × H × W, or pictures × C
  std::string cut;     // the node that they are the values of
};

// Writes them atomically; nothing, where it was stopped. Throws Error; OptionError for settings
// that cannot be.
std::optional<FeaturesResult> write_features(const FeaturesRequest& request,
                                             const base::Events& events);

}  // namespace engraft::run
