#include "weights/download.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <system_error>
#include <thread>

#include "base/hash.h"
#include "engraft/error.h"

namespace engraft {
namespace {

namespace fs = std::filesystem;

constexpr long kConnectSeconds = 10;
constexpr long kStalledSeconds = 30;  // without a kilobyte a second
constexpr long kMaxRedirects = 5;

// The part that has arrived, open for appending and locked against other processes.
class PartialFile {
 public:
  explicit PartialFile(const Path& target) : path_(target) {
    path_ += ".partial";
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor_ < 0) fail();
    if (::flock(descriptor_, LOCK_EX) != 0) fail();  // waits for another download of the same file
  }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  ~PartialFile() { ::close(descriptor_); }

  const Path& path() const { return path_; }

  std::uint64_t size() const { return static_cast<std::uint64_t>(::lseek(descriptor_, 0, SEEK_END)); }

  bool append(const char* bytes, std::size_t count) {
    while (count > 0) {
      const ssize_t written = ::write(descriptor_, bytes, count);
      if (written < 0) {
        error_ = errno;
        return false;
      }
      bytes += written;
      count -= static_cast<std::size_t>(written);
    }
    return true;
  }

  void clear() {
    if (::ftruncate(descriptor_, 0) != 0) fail();
  }

  // Why append() failed; empty where it did not.
  std::string problem() const {
    return error_ == 0 ? "" : std::generic_category().message(error_);
  }

  void move_to(const Path& target) {
    if (::fsync(descriptor_) != 0) fail();
    fs::rename(path_, target);
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(fmt::format("{}: cannot be written: {}", path_.string(),
                            std::generic_category().message(errno)));
  }

  Path path_;
  int descriptor_ = -1;
  int error_ = 0;
};

struct Transfer {
  CURL* curl = nullptr;
  PartialFile* file = nullptr;
  const DownloadOptions* options = nullptr;
  std::uint64_t resumed_from = 0;
  bool checked_status = false;
  bool cancelled = false;
};

std::size_t receive(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (!transfer.checked_status) {
    transfer.checked_status = true;
    long status = 0;
    curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200 && transfer.resumed_from > 0) {  // the server sends everything again
      transfer.file->clear();
      transfer.resumed_from = 0;
    }
  }
  return transfer.file->append(bytes, size * count) ? size * count : 0;
}

int report(void* user, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (!transfer.options->progress) return 0;
  const auto done = transfer.resumed_from + static_cast<std::uint64_t>(now);
  const auto whole = total > 0 ? transfer.resumed_from + static_cast<std::uint64_t>(total) : 0;
  transfer.cancelled = !transfer.options->progress(done, whole);
  return transfer.cancelled ? 1 : 0;
}

struct Attempt {
  bool done = false;
  bool worth_repeating = false;
  std::string problem;
};

Attempt attempt(const std::string& url, PartialFile& file, const DownloadOptions& options) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  Transfer transfer{.curl = curl.get(), .file = &file, .options = &options};
  transfer.resumed_from = file.size();
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl.get(), CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_MAXREDIRS, kMaxRedirects);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_LIMIT, 1024L);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "engraft");
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, report);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(curl.get(), CURLOPT_RESUME_FROM_LARGE,
                   static_cast<curl_off_t>(transfer.resumed_from));
  if (!options.certificate_file.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_CAINFO, options.certificate_file.c_str());
  }
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_OK) return {.done = true};
  if (transfer.cancelled) return {.problem = "stopped"};
  if (const std::string problem = file.problem(); !problem.empty()) return {.problem = problem};
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 416) {  // nothing is left to send: the part is whole, or of another file
    return {.done = true};
  }
  const bool client_error = status >= 400 && status < 500 && status != 408 && status != 429;
  const bool untrusted = code == CURLE_PEER_FAILED_VERIFICATION ||
                         code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT;
  return {.worth_repeating = !client_error && !untrusted,
          .problem = status >= 400 ? fmt::format("the server answers {}", status)
                                   : curl_easy_strerror(code)};
}

std::string hash_of(const Path& path) {
  const MappedFile file = map_file(path);
  return sha256_hex(file.bytes);
}

// The hex digits that end a file's name as torch.hub writes it: "resnet18-f37072fd.pth".
std::string hash_in_name(const std::string& name) {
  static const std::regex pattern("-([a-f0-9]{8,64})\\.");
  std::smatch match;
  return std::regex_search(name, match, pattern) ? match[1].str() : "";
}

}  // namespace

Path checkpoint_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  Path home;
  if (const std::string torch = variable("TORCH_HOME"); !torch.empty()) {
    home = torch;
  } else if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty()) {
    home = Path(cache) / "torch";
  } else {
    home = Path(variable("HOME")) / ".cache" / "torch";
  }
  return home / "hub" / "checkpoints";
}

void download(const std::string& url, const Path& target, const DownloadOptions& options) {
  const std::string by_hand =
      fmt::format("fetch {} by hand and put it at {}", url, target.string());
  if (const char* offline = std::getenv("ENGRAFT_OFFLINE"); offline != nullptr && *offline != '\0') {
    throw Error(fmt::format("{} is not here, and ENGRAFT_OFFLINE forbids downloads; {}",
                            target.filename().string(), by_hand));
  }
  PartialFile file(target);
  if (fs::exists(target)) {  // another process was faster
    fs::remove(file.path());
    return;
  }
  const int attempts = std::max(options.attempts, 1);
  Attempt last;
  for (int i = 0; i < attempts && !last.done; ++i) {
    if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(250) * (1 << std::min(i, 5)));
    last = attempt(url, file, options);
    if (!last.done && !last.worth_repeating) break;
  }
  if (!last.done) {
    if (file.size() == 0) fs::remove(file.path());
    throw Error(fmt::format("{}: the download failed: {}; try again later, or {}", url, last.problem,
                            by_hand));
  }
  const std::string expected =
      options.sha256_prefix.empty() ? hash_in_name(target.filename()) : options.sha256_prefix;
  if (!expected.empty()) {
    const std::string actual = hash_of(file.path());
    if (!actual.starts_with(expected)) {
      fs::remove(file.path());
      throw Error(fmt::format("{}: what arrived is not the file that was published (its SHA-256 "
                              "begins {} instead of {}); try again, or {}",
                              url, actual.substr(0, expected.size()), expected, by_hand));
    }
  }
  file.move_to(target);
}

std::optional<Path> find_checkpoint(const std::string& file_name) {
  const Path path = checkpoint_folder() / file_name;
  if (!fs::exists(path)) return std::nullopt;
  const std::string expected = hash_in_name(file_name);
  if (!expected.empty() && !hash_of(path).starts_with(expected)) {
    throw Error(fmt::format("{}: damaged (its SHA-256 does not begin with {}); delete it, and it will "
                            "be downloaded again", path.string(), expected));
  }
  return path;
}

}  // namespace engraft
