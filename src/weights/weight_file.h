// A file of weights, whatever its format: tensors by name, and what it says of them.
#pragma once

#include <map>
#include <string>

#include "base/file.h"
#include "base/tensor.h"

namespace engraft::weights {

struct WeightFile {
  base::StateDict tensors;
  std::map<std::string, std::string> metadata;  // safetensors' __metadata__; empty for .pth
};

// Reads .safetensors and all three forms of .pth (zip, pickle stream, tar), told apart by content.
// Throws Error that names the file and what is wrong with it; nothing in the file is ever executed.
WeightFile read_weights(const base::Path& path);

}  // namespace engraft::weights
