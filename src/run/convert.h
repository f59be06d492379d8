// Models of earlier formats in today's.
#pragma once

#include <string>

#include "base/file.h"

namespace engraft::run {

// Reads a saved model (a file, or a run folder's best) of any format that there has been and writes
// it in today's, with all that it says of itself; its answers are the same bits. `to` may be the
// file itself. Throws Error; OptionError where `from` is no saved model.
void convert(const std::string& from, const base::Path& to);

}  // namespace engraft::run
