#include "base/testing/folders.h"

#include <cstdlib>
#include <filesystem>

namespace engraft::base {

Path source_folder() { return ENGRAFT_SOURCE_DIR; }

Path shared_data() {
  const char* given = std::getenv("ENGRAFT_TEST_DATA");
  return std::filesystem::absolute(given != nullptr ? Path(given)
                                                    : source_folder() / "../shared/data");
}

}  // namespace engraft::base
