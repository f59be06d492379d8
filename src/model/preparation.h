// How somebody wants a model's pictures to be prepared, where that is not what the network's table
// or the saved model says.
#pragma once

#include <optional>

#include "model/model.h"

namespace engraft::model {

// What is empty stays the model's own.
struct Preparation {
  std::optional<transforms::Pipeline> val_transforms;         // --val-transforms
  std::optional<transforms::Normalization> normalization;     // --mean and --std, or --normalize
  std::optional<transforms::Pipeline> train_transforms = {};  // only for its normalisation
};

// What the three agree on, if any says something. Throws Error where two of them differ.
std::optional<transforms::Normalization> normalization_of(const Preparation& preparation);

// The model's pictures are prepared so from now on. A normalisation becomes the model's, wherever
// it was said; its pipeline no longer says it. Throws Error as normalization_of() does.
void prepare(Model& model, const Preparation& preparation);

}  // namespace engraft::model
