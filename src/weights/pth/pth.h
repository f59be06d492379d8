// PyTorch's .pth files as data. A small machine of our own reads the pickles: it knows the opcodes
// and globals that a state_dict of tensors needs and refuses every other by name, so that a file
// can never make it run anything.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/tensor.h"

namespace engraft::weights::pth {

// All three forms; `owner` keeps `file` alive and tensors may share its memory. Throws Error
// beginning with `name`.
base::StateDict parse_pth(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                          const std::string& name);

}  // namespace engraft::weights::pth
