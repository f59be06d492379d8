// A network's parameters and buffers by name, as PyTorch's state_dict: the one form in which all
// weight files are read and written.
#pragma once

#include <map>
#include <string>

#include "base/file.h"
#include "base/tensor.h"

namespace engraft {

using StateDict = std::map<std::string, Tensor>;

struct WeightFile {
  StateDict tensors;
  std::map<std::string, std::string> metadata;  // safetensors' __metadata__; empty for .pth
};

// Reads .safetensors and all three forms of .pth (zip, pickle stream, tar), told apart by content.
// Throws Error that names the file and what is wrong with it; nothing in the file is ever executed.
WeightFile read_weights(const Path& path);

}  // namespace engraft
