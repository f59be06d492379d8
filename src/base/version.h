// The program's version, for what it writes.
#pragma once

#include <string>

namespace engraft::base {

std::string version();  // "0.2.0"

}  // namespace engraft::base
