// PyTorch's .pth files as data. A small machine of our own reads the pickles: it builds tensors and
// dictionaries and nothing else, so that a file can never make it run anything.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/tensor.h"

namespace engraft::weights::pth {

struct PthContent {
  // The tensors of all dictionaries, each under the names on the way to it: those of {"epoch": 3,
  // "state_dict": {"fc.weight": ...}} are called "state_dict.fc.weight".
  base::StateDict tensors;
  // What stands there that only Python could build, by the same names: what would make it
  // ("argparse.Namespace").
  std::map<std::string, std::string> foreign;
};

// All three forms; `owner` keeps `file` alive and tensors may share its memory. Throws Error
// beginning with `name`.
PthContent parse_pth(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                     const std::string& name);

}  // namespace engraft::weights::pth
