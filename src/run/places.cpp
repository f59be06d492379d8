#include "run/places.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engraft/error.h"

namespace engraft::run {

void require_writable(const base::Path& file) {
  namespace fs = std::filesystem;
  if (fs::is_directory(file)) {
    throw Error(file.string() + ": is a folder; name a file within it");
  }
  const base::Path folder = file.has_parent_path() ? file.parent_path() : base::Path(".");
  if (!fs::is_directory(folder)) {
    throw Error(fmt::format("{}: there is no folder {}", file.string(), folder.string()));
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw Error(fmt::format("{}: cannot be written: {}", file.string(), std::strerror(errno)));
  }
}

}  // namespace engraft::run
