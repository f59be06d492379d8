// Places that a job will write to: whether they can be is found out before any work is done.
#pragma once

#include "base/file.h"

namespace engraft::run {

// Throws Error where a file cannot be made there: no such folder, no right to write, a folder
// itself.
void require_writable(const base::Path& file);

}  // namespace engraft::run
