#include "cache/segments.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <span>
#include <system_error>

#include "base/hash.h"

namespace engraft::cache {

namespace fs = std::filesystem;

base::Path folder_of(const base::Path& cache, std::string_view description) {
  return cache / base::sha256_hex(std::as_bytes(std::span(description))).substr(0, 32);
}

std::vector<base::Path> segments_in(const base::Path& folder) {
  std::vector<base::Path> segments;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == kSegmentEnding) segments.push_back(entry.path());
  }
  return segments;
}

base::Path new_segment(const base::Path& folder, std::string_view description) {
  fs::create_directories(folder);
  if (!fs::exists(folder / kAbout)) base::write_atomically(folder / kAbout, description);
  static std::atomic<unsigned> serial{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return folder / fmt::format("{:x}-{:x}-{}{}", now, ::getpid(), serial++, kSegmentEnding);
}

void note_use(const base::Path& segment) {
  std::error_code error;
  fs::last_write_time(segment, fs::file_time_type::clock::now(), error);
}

}  // namespace engraft::cache
