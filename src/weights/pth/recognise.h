// What a file of weights is by its first bytes, so that each form reaches its reader, and a file
// that is something else gets a message that names it.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace engraft::weights::pth {

enum class WeightForm { kSafetensors, kPthZip, kPthStream, kPthTar, kOther };

WeightForm weight_form(std::span<const std::byte> file);

// For a file of form kOther: what it is instead of weights and what to do, to follow "FILE: ".
std::string not_weights(std::span<const std::byte> file);

}  // namespace engraft::weights::pth
