// Options that several verbs share, with the same meaning in each.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "cli/console.h"
#include "data/dataset.h"
#include "features/features.h"
#include "features/plan_for.h"
#include "infer/compute_plan.h"
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

// What --precision and --exact ask for; throws UsageError for bf16 where the processor lacks it.
features::PlanChoice resolve_precision(const SharedOptions& options);

// How the model is computed, and says what there is to say about it. Throws Error where its saved
// plan is damaged.
infer::ComputePlan plan_for(const model::Model& model, const SharedOptions& options,
                            Console& console);

// "cpu"; throws UsageError for a device that this build cannot use.
std::string resolve_device(const SharedOptions& options);

// A saved model (file or run folder) or a zoo network with --weights.
model::Model open_model(const std::string& name, const SharedOptions& options, Console& console);

// Keeps the cache within its limit; to be called when a command has added to it.
void limit_cache(const SharedOptions& options);

// Scans a data set and leaves out what cannot be read, with progress; says what was left out.
data::Dataset open_dataset(const base::Path& path, const SharedOptions& options, Console& console);

// Makes a parsing problem in an option's value a wrong command line.
transforms::Pipeline parse_pipeline_option(const std::string& option, const std::string& text);

}  // namespace engraft::cli
