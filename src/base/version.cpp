#include "base/version.h"

namespace engraft::base {

std::string version() { return ENGRAFT_VERSION; }

}  // namespace engraft::base
