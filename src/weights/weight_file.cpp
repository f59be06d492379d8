#include "weights/weight_file.h"

#include "engraft/error.h"
#include "weights/pth/pth.h"
#include "weights/pth/recognise.h"
#include "weights/safetensors.h"

namespace engraft {

WeightFile read_weights(const Path& path) {
  const MappedFile file = map_file(path);
  switch (weight_form(file.bytes)) {
    case WeightForm::kSafetensors:
      return parse_safetensors(file.bytes, file.owner, path.string());
    case WeightForm::kOther:
      throw Error(path.string() + ": " + not_weights(file.bytes));
    default:
      return {parse_pth(file.bytes, file.owner, path.string()), {}};
  }
}

}  // namespace engraft
