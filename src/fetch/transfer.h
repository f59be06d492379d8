// One try at fetching a url over https into a partial file, continuing what is there already.
#pragma once

#include <string>

#include "fetch/download.h"
#include "fetch/partial_file.h"

namespace engraft::fetch {

struct TransferResult {
  bool done = false;
  bool worth_repeating = false;
  std::string problem;  // where not done
};

class Transfer {
 public:
  // All must outlive it.
  Transfer(const std::string& url, PartialFile& file, const DownloadOptions& options)
      : url_(url), file_(file), options_(options) {}

  // What options.progress throws comes through.
  TransferResult run();

 private:
  std::string url_;
  PartialFile& file_;
  const DownloadOptions& options_;
  std::string version_;  // the ETag of what lies in the file, from an earlier try
};

}  // namespace engraft::fetch
