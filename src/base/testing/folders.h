// Where tests find their files.
#pragma once

#include "base/file.h"

namespace engraft::base {

// The project's root.
Path source_folder();

// Real photos and weights: $ENGRAFT_TEST_DATA, else shared/data beside the project. It need not
// exist; tests that need it then say that they skip.
Path shared_data();

}  // namespace engraft::base
