// A training that was, or is: the folder that it writes, as a value.
//
//   const engraft::Run run = engraft::open_run("runs/resnet18-1");
//   std::printf("%.2f %%\n", run.results->best.accuracy_percent);
//   const engraft::Predictor predictor(run.model());
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engraft/export.h"
#include "engraft/model.h"

namespace engraft {

struct ClassMetrics {
  std::string name;
  std::int64_t images = 0;  // of this class
  double precision = 0;     // share of those called this class that are; 0 where none were
  double recall = 0;        // share of this class that was called so
  double f1 = 0;            // harmonic mean of the two
};

// How often pictures of one class were taken for another, or for their own.
struct Confused {
  std::size_t shown = 0;  // classes, by their place
  std::size_t taken_for = 0;
  std::int64_t count = 0;
};

// How good a classifier is on labelled pictures.
struct Metrics {
  double accuracy_percent = 0;
  double loss = 0;  // mean cross-entropy
  std::vector<ClassMetrics> classes;
  std::vector<Confused> confusion;  // pairs that occurred, by `shown`, then by `taken_for`
};

// One validation, and the training since the one before.
struct Validation {
  std::int64_t iteration = 0;
  double epoch = 0;  // epochs done, in fractions
  double train_loss = 0;
  double train_accuracy_percent = 0;
  double val_loss = 0;
  double val_accuracy_percent = 0;
  double seconds = 0;  // since training began
};

// How many pictures are on each side.
struct Split {
  std::int64_t train = 0;
  std::int64_t val = 0;
  std::int64_t test = 0;
};

// A file that was left out, and why.
struct SkippedFile {
  std::string path;
  std::string reason;
};

struct RunResults {
  std::int64_t iterations = 0;
  std::int64_t best_iteration = 0;
  // Why it ended: "all epochs done", "accuracy reached", "interrupted", ...
  std::string stopped;
  Metrics best;  // of the best model and the last, on the validation side
  Metrics last;
  double seconds = 0;  // from first to last
};

struct Run {
  std::filesystem::path folder;
  std::string data;                            // as it was given
  std::map<std::string, std::string> options;  // by name, as they were or came to be: "lr" "auto"
  std::vector<std::string> classes;
  Split pictures;
  std::vector<SkippedFile> skipped;
  std::vector<Validation> history;
  std::optional<RunResults> results;  // nothing while it goes on, or where it was killed

  // The best model, read from the folder. Throws Error where there is none yet.
  ENGRAFT_API Model model() const;
};

// Reads a run's folder. Throws Error naming the file that is missing or damaged.
ENGRAFT_API Run open_run(const std::filesystem::path& folder);

// Writes a run's report.html anew, from its folder alone; returns the file. Throws Error.
ENGRAFT_API std::filesystem::path write_report(const std::filesystem::path& folder);

}  // namespace engraft
