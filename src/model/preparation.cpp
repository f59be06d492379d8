#include "model/preparation.h"

#include <array>

#include "transforms/normalization_text.h"

namespace engraft::model {

std::optional<transforms::Normalization> normalization_of(const Preparation& preparation) {
  const auto said_by = [](const std::optional<transforms::Pipeline>& pipeline) {
    return pipeline ? pipeline->normalization : std::nullopt;
  };
  const bool none = preparation.normalization == transforms::kNoNormalization;
  return transforms::agreed(std::array<transforms::Said, 3>{{
      {none ? "--normalize none" : "--mean and --std", preparation.normalization},
      {"--val-transforms", said_by(preparation.val_transforms)},
      {"--train-transforms", said_by(preparation.train_transforms)},
  }});
}

void prepare(Model& model, const Preparation& preparation) {
  const std::optional<transforms::Normalization> normalization = normalization_of(preparation);
  if (preparation.val_transforms) {
    model.val_transforms = *preparation.val_transforms;
    model.val_transforms.normalization.reset();
  }
  if (normalization) {
    model.normalization = *normalization;
    model.val_transforms.normalization.reset();
  }
}

}  // namespace engraft::model
