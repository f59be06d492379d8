// The weight cache, shared with torch.hub, and downloads into it: resumed when broken off, checked
// against the hash in the file's name, moved into place only when whole.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/file.h"

namespace engraft::fetch {

// $TORCH_HOME/hub/checkpoints, else $XDG_CACHE_HOME/torch/..., else ~/.cache/torch/hub/checkpoints.
base::Path checkpoint_folder();

struct DownloadOptions {
  // Called with bytes so far and the total (0: unknown), now and then. Returning false stops the
  // download with an Error; what was fetched stays for the next try.
  std::function<bool(std::uint64_t done, std::uint64_t total)> progress;
  std::string sha256_prefix;  // hex digits the content's SHA-256 must begin with; empty: from the
                              // file name's "-0123abcd." as torch.hub does; none there: not checked
  std::string certificate_file;  // a CA bundle for private servers and tests; empty: the system's
  int attempts = 5;  // without progress; each try that brings some starts the count again
};

// Fetches `url` to `target`. A partial download lies beside it as NAME.partial and is continued.
// Throws Error: unreachable host, HTTP status, disk full, wrong hash (the partial file is then
// removed); the message says what to do (download by hand to `target`).
void download(const std::string& url, const base::Path& target,
              const DownloadOptions& options = {});

// The file in the cache where it exists and its hash fits its name, else nothing. (A cached file
// with a wrong hash is reported by an Error that says to delete it.)
std::optional<base::Path> find_checkpoint(const std::string& file_name);

// Whether find_checkpoint() would give it; reads the whole file.
bool has_checkpoint(const std::string& file_name);

}  // namespace engraft::fetch
