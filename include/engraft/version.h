// The version of the library that runs, which a program may find to be a later one than it was
// built with.
#pragma once

#include <string>

#include "engraft/export.h"

namespace engraft {

// "0.2.0"
ENGRAFT_API std::string version();

}  // namespace engraft
