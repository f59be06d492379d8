#include "weights/pth/pth.h"

#include "engraft/error.h"
#include "weights/pth/pth_forms.h"
#include "weights/pth/recognise.h"

namespace engraft::weights::pth {

PthContent parse_pth(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                     const std::string& name) {
  switch (weight_form(file)) {
    case WeightForm::kPthZip:
      return read_pth_zip(file, std::move(owner), name);
    case WeightForm::kPthStream:
      return read_pth_stream(file, std::move(owner), name);
    case WeightForm::kPthTar:
      return read_pth_tar(file, std::move(owner), name);
    case WeightForm::kSafetensors:
      throw Error(name + ": a safetensors file, not .pth");
    case WeightForm::kOther:
      break;
  }
  throw Error(name + ": " + not_weights(file));
}

}  // namespace engraft::weights::pth
