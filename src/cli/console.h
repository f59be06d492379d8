// What the commands say: results on standard output, progress and notes on standard error, colours
// and moving bars on a terminal only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/events.h"

namespace engraft::cli {

enum class OutputFormat { kText, kJson };

class Console {
 public:
  explicit Console(OutputFormat format) : format_(format) {}
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;
  ~Console();  // leaves no bar behind

  bool json() const { return format_ == OutputFormat::kJson; }

  // A line for the reader: standard output, or standard error where that is kept for json. Whatever
  // acts on a terminal is shown instead (base::harmless): classes, tensors and files have any
  // names.
  void line(std::string_view text);

  // The same, bold on a terminal where NO_COLOR is not set.
  void strong_line(std::string_view text);

  // A line that begins with a file's name, which other programs find as it is where they read it.
  void answer(std::string_view file, std::string_view text);

  // A remark beside the results: always standard error.
  void note(std::string_view text);

  // Notes and progress of a job as above; Ctrl-C stops it. The console must outlive them.
  base::Events events();

  // Part of a document that is written piece by piece, to standard output.
  void raw(std::string_view text);

  // The one document of --json.
  void document(const nlohmann::json& document);

  // Progress of long work: a bar on a terminal, elsewhere a line every ten seconds. done == total
  // ends it. May be called from any thread.
  void progress(std::string_view what, std::uint64_t done, std::uint64_t total);

 private:
  using Clock = std::chrono::steady_clock;
  void print_line(std::string_view text);
  void clear_bar();

  OutputFormat format_;
  std::mutex mutex_;
  std::string stage_;
  Clock::time_point begun_;
  Clock::time_point shown_;
  bool bar_drawn_ = false;
};

}  // namespace engraft::cli
