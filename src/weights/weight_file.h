// A file of weights, whatever its format: tensors by name, and what it says of them. Whose names
// these are is for weights/names.h to find out.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/tensor.h"

namespace engraft::weights {

struct WeightFile {
  base::StateDict tensors;  // under the names of the dictionaries on the way to them, too
  std::map<std::string, std::string> metadata;  // safetensors' __metadata__; empty for .pth
  // What stands among the tensors that only Python could build: what would make it.
  std::map<std::string, std::string> foreign;
};

// Reads .safetensors and all three forms of .pth (zip, pickle stream, tar), told apart by content.
// Weights in several files are read whole from any of them ("model-00001-of-00002.safetensors") or
// from their index ("model.safetensors.index.json").
// Throws Error that names the file and what is wrong with it; nothing in the file is ever executed.
WeightFile read_weights(const base::Path& path);

// Where weights lie that an option's text means: a file, and what is meant in it.
struct WeightPlace {
  base::Path file;
  std::string key;  // a dictionary's name or part of it; empty: whatever fits
};

// FILE or FILE:KEY, the latter only where no file has the whole name; nothing where neither is a
// file.
std::optional<WeightPlace> weight_place(const std::string& text);

}  // namespace engraft::weights
