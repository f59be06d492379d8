#include "base/memory.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace engraft::base {
namespace {

constexpr std::uint64_t kUnknown = std::uint64_t{4} << 30U;  // where nothing can be read

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::uint64_t available_in_system() {
  std::ifstream file("/proc/meminfo");
  constexpr std::string_view kName = "MemAvailable:";
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(kName)) continue;
    const std::size_t digits = line.find_first_not_of(' ', kName.size());
    if (digits == std::string::npos) break;
    if (const auto kilobytes = number_in(std::string_view(line).substr(digits))) {
      return *kilobytes * 1024;
    }
  }
  return kUnknown;
}

// The least that any group from `path` up to the root leaves.
void bound_by_groups(const std::string& root, std::string path, const char* limit_file,
                     const char* used_file, std::uint64_t& available) {
  for (;;) {
    const std::string folder = root + path;
    const std::optional<std::uint64_t> left =
        left_in({content_of(folder + "/" + limit_file), content_of(folder + "/" + used_file),
                 content_of(folder + "/memory.stat")});
    if (left) available = std::min(available, *left);
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return;
    path.resize(slash);
  }
}

}  // namespace

std::optional<std::uint64_t> left_in(const MemoryGroup& group) {
  const std::optional<std::uint64_t> limit = number_in(group.limit);  // "max" is none
  const std::optional<std::uint64_t> used = number_in(group.used);
  // Version 1 writes a number close to the largest where there is no limit.
  constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62U;
  if (!limit || !used || *limit >= kNoLimit) return std::nullopt;
  std::uint64_t droppable = 0;
  std::istringstream stat(group.stat);
  for (std::string name, value; stat >> name >> value;) {
    if (name == "inactive_file") droppable = number_in(value).value_or(0);
  }
  const std::uint64_t kept = *used - std::min(*used, droppable);
  return *limit > kept ? *limit - kept : 0;
}

std::uint64_t available_bytes() {
  std::uint64_t available = available_in_system();
  std::ifstream groups("/proc/self/cgroup");  // lines "0::/path" or "4:memory:/path"
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      bound_by_groups("/sys/fs/cgroup", path, "memory.max", "memory.current", available);
    } else if (("," + controllers + ",").find(",memory,") != std::string::npos) {
      bound_by_groups("/sys/fs/cgroup/memory", path, "memory.limit_in_bytes",
                      "memory.usage_in_bytes", available);
    }
  }
  return available;
}

}  // namespace engraft::base
