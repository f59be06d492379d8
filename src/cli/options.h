// Options that several verbs share, with the same meaning in each.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "base/events.h"
#include "cli/console.h"
#include "data/dataset.h"
#include "features/features.h"
#include "infer/executor.h"
#include "model/model.h"

namespace engraft::cli {

struct SharedOptions {
  std::string weights = "imagenet";
  std::string precision = "auto";
  std::string device = "auto";
  std::string val_transforms;  // empty: the model's own
  int batch = 32;
  int workers = 0;  // 0: one for each processor
  std::uint64_t seed = 0;
  bool json = false;
  bool strict = false;
  bool exact = false;
  bool exact_decode = false;
  bool no_cache = false;

  OutputFormat format() const { return json ? OutputFormat::kJson : OutputFormat::kText; }
  int worker_count() const;
  base::Path cache_folder() const;  // empty with --no-cache
};

void add_weights(CLI::App& command, SharedOptions& options);
void add_val_transforms(CLI::App& command, SharedOptions& options);
// precision, exactness, device, batch, workers
void add_compute(CLI::App& command, SharedOptions& options);
void add_cache_use(CLI::App& command, SharedOptions& options);
void add_seed(CLI::App& command, SharedOptions& options);
void add_json(CLI::App& command, SharedOptions& options);
void add_strict(CLI::App& command, SharedOptions& options);

// For fewer pictures than these, preparing what is faster takes longer than it gains.
constexpr std::size_t kManyPictures = 64;

// What --precision auto means here.
infer::Precision automatic_precision();

// What --precision and --exact mean here; throws UsageError for bf16 where the processor lacks it.
infer::ExecutorOptions resolve_compute(const SharedOptions& options);

// "cpu"; throws UsageError for a device that this build cannot use.
std::string resolve_device(const SharedOptions& options);

// A saved model (file or run folder) or a zoo network with --weights.
model::Model open_model(const std::string& name, const SharedOptions& options, Console& console);

// Where it is remembered what was measured to be faster on this processor (infer/executor.h).
base::Path measurements_file();

// Keeps the cache within its limit; to be called when a command has added to it.
void limit_cache(const SharedOptions& options);

// Notes and progress on the console; Ctrl-C stops.
base::Events watched(Console& console);

// Scans a data set and leaves out what cannot be read, with progress; says what was left out and
// passed over. Throws Error where it was interrupted.
data::Dataset open_dataset(const base::Path& path, const SharedOptions& options, Console& console,
                           const data::ScanOptions& scan = {});

// Makes a parsing problem in an option's value a wrong command line.
transforms::Pipeline parse_pipeline_option(const std::string& option, const std::string& text);

}  // namespace engraft::cli
