#include "weights/weight_file.h"

#include "engraft/error.h"
#include "weights/pth/pth.h"
#include "weights/pth/recognise.h"
#include "weights/safetensors.h"

namespace engraft::weights {

WeightFile read_weights(const base::Path& path) {
  const base::MappedFile file = base::map_file(path);
  switch (weights::pth::weight_form(file.bytes)) {
    case weights::pth::WeightForm::kSafetensors:
      return parse_safetensors(file.bytes, file.owner, path.string());
    case weights::pth::WeightForm::kOther:
      throw Error(path.string() + ": " + weights::pth::not_weights(file.bytes));
    default:
      return {weights::pth::parse_pth(file.bytes, file.owner, path.string()), {}};
  }
}

}  // namespace engraft::weights
