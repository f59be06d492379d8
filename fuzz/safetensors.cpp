#include "weights/safetensors.h"

#include "target.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  for (const auto& [name, tensor] :
       weights::parse_safetensors(bytes, nullptr, "file.safetensors").tensors) {
    double sum = 0;  // each number lies within the file
    for (const std::byte byte : tensor.bytes()) sum += std::to_integer<int>(byte);
    require(sum >= 0);
  }
}
