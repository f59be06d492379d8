// Of one of the three forms of .pth: FUZZ_FORM.
#include "weights/pth/pth.h"

#include "target.h"
#include "weights/pth/recognise.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  using namespace weights::pth;
  if (weight_form(bytes) != WeightForm::FUZZ_FORM) return;
  for (const auto& [name, tensor] : parse_pth(bytes, nullptr, "file.pth").tensors) {
    double sum = 0;  // each number lies within the file
    for (const std::byte byte : tensor.bytes()) sum += std::to_integer<int>(byte);
    require(sum >= 0);
  }
}
