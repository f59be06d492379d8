#include "fetch/download.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <thread>

#include "base/hash.h"
#include "engraft/error.h"
#include "fetch/partial_file.h"
#include "fetch/transfer.h"

namespace engraft::fetch {
namespace {

namespace fs = std::filesystem;

using std::chrono::milliseconds;
constexpr milliseconds kFirstPause{250};
constexpr int kMostDoublings = 5;

std::string hash_of(const base::Path& path) {
  const base::MappedFile file = base::map_file(path);
  return base::sha256_hex(file.bytes);
}

// The hex digits that end a file's name as torch.hub writes it: "resnet18-f37072fd.pth".
std::string hash_in_name(const std::string& name) {
  static const std::regex pattern("-([a-f0-9]{8,64})\\.");
  std::smatch match;
  return std::regex_search(name, match, pattern) ? match[1].str() : "";
}

bool is_whole(const base::Path& path, const std::string& expected) {
  return expected.empty() || hash_of(path).starts_with(expected);
}

void check_cached(const base::Path& path, const std::string& expected) {
  if (!is_whole(path, expected)) {
    throw Error(
        fmt::format("{}: damaged (its SHA-256 does not begin with {}); delete it, and it will "
                    "be downloaded again",
                    path.string(), expected));
  }
}

// Sleeps, but sees within a moment that the user has had enough.
bool pause(milliseconds time, const DownloadOptions& options, std::uint64_t done) {
  constexpr milliseconds kStep{50};
  for (milliseconds passed{0}; passed < time; passed += kStep) {
    if (options.progress && !options.progress(done, 0)) return false;
    std::this_thread::sleep_for(kStep);
  }
  return true;
}

// Tries until the server has sent everything. Every try that brings the part further gives courage
// for all of options.attempts again.
void fetch(const std::string& url, PartialFile& file, const DownloadOptions& options,
           const std::string& by_hand) {
  Transfer transfer(url, file, options);
  std::uint64_t best = file.size();
  int failures = 0;
  for (;;) {
    TransferResult result = transfer.run();
    if (result.done) return;
    if (file.size() > best) failures = 0;
    best = std::max(best, file.size());
    ++failures;
    const auto time = kFirstPause * (1 << std::min(failures - 1, kMostDoublings));
    if (result.worth_repeating && failures < std::max(options.attempts, 1)) {
      if (pause(time, options, file.size())) continue;
      result.problem = "stopped";
    }
    const std::uint64_t kept = file.size();
    if (kept == 0) file.remove();
    throw Error(fmt::format(
        "{}: the download failed: {}; {}, or {}", url, result.problem,
        kept > 0 ? fmt::format("try again later ({} bytes are kept)", kept) : "try again later",
        by_hand));
  }
}

}  // namespace

base::Path checkpoint_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  base::Path home;
  if (const std::string torch = variable("TORCH_HOME"); !torch.empty()) {
    home = torch;
  } else if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty()) {
    home = base::Path(cache) / "torch";
  } else {
    home = base::Path(variable("HOME")) / ".cache" / "torch";
  }
  return home / "hub" / "checkpoints";
}

void download(const std::string& url, const base::Path& target, const DownloadOptions& options) {
  const std::string by_hand =
      fmt::format("fetch {} by hand and put it at {}", url, target.string());
  if (const char* offline = std::getenv("ENGRAFT_OFFLINE");
      offline != nullptr && *offline != '\0') {
    throw Error(fmt::format("{} is not here, and ENGRAFT_OFFLINE forbids downloads; {}",
                            target.filename().string(), by_hand));
  }
  const std::string expected =
      options.sha256_prefix.empty() ? hash_in_name(target.filename()) : options.sha256_prefix;
  PartialFile file(target, [&] { return !options.progress || options.progress(0, 0); });
  if (fs::exists(target)) {  // another process was faster
    file.remove();
    check_cached(target, expected);
    return;
  }
  // A part from an earlier run is worth something only where its content can be checked.
  if (expected.empty()) file.clear();
  bool resumed = file.size() > 0;
  bool whole = resumed && hash_of(file.path()).starts_with(expected);
  while (!whole) {
    fetch(url, file, options, by_hand);
    const std::string actual = expected.empty() ? "" : hash_of(file.path());
    whole = actual.starts_with(expected);
    if (!whole && !resumed) {
      file.remove();
      throw Error(
          fmt::format("{}: what arrived is not the file that was published (its SHA-256 "
                      "begins {} instead of {}); try again, or {}",
                      url, actual.substr(0, expected.size()), expected, by_hand));
    }
    // The earlier run's part may be what was wrong: once more, from the beginning.
    if (!whole) file.clear();
    resumed = false;
  }
  file.move_to_target();
}

std::optional<base::Path> find_checkpoint(const std::string& file_name) {
  const base::Path path = checkpoint_folder() / file_name;
  if (!fs::exists(path)) return std::nullopt;
  check_cached(path, hash_in_name(file_name));
  return path;
}

bool has_checkpoint(const std::string& file_name) {
  const base::Path path = checkpoint_folder() / file_name;
  return fs::is_regular_file(path) && is_whole(path, hash_in_name(file_name));
}

}  // namespace engraft::fetch
