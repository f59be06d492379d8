// Networks that come ready: of the zoo with their published weights, or from ONNX files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engraft/events.h"
#include "engraft/export.h"
#include "engraft/model.h"

namespace engraft {

struct NetworkOptions {
  // "imagenet" (the published weights), a published name such as "IMAGENET1K_V2", a .pth or
  // .safetensors file (FILE:KEY for one of several networks in it), or "none" (random).
  std::string weights = "imagenet";
  std::string classes;     // names of a network that has none: "ants,bees", or a file
  std::uint64_t seed = 0;  // of "none"
};

// Names that open_network() takes.
ENGRAFT_API std::vector<std::string> network_names();

// A network of the zoo, or an .onnx file, with its own classes, as a model. What is not here yet of
// its published weights is downloaded into PyTorch's cache, with progress; events.stop ends that
// with an Error. Throws Error for a name that is none, with the nearest, and for weights that do
// not fit.
ENGRAFT_API Model open_network(const std::string& name, const NetworkOptions& options = {},
                               const Events& events = {});

}  // namespace engraft
