// engraft train as a function, so that `engraft demo` runs the very same.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "cli/options.h"
#include "record/run_folder.h"

namespace engraft::cli {

struct TrainCommandOptions {
  std::string data;
  std::string model = "resnet18";
  std::string train = "head";
  double val_fraction = 0.2;
  bool stratify = false;
  int epochs = 10;
  std::string learning_rate;  // a number, or "auto"; empty: what the method's own is
  std::string optimizer = "adam";
  float weight_decay = 0;
  float momentum = 0.9F;
  std::string train_transforms;
  std::string views = "fresh";
  std::int64_t eval_every = 0;
  double stop_at_percent = 1000;
  std::string output;   // empty: runs/MODEL-N
  std::string recipe;   // read before the command line is parsed; here for the help text
  std::string command;  // as typed, for the record
  std::set<std::string, std::less<>> given;  // names of options that were given, without dashes
  SharedOptions shared;
};

struct TrainOutcome {
  base::Path folder;
  record::RunRecord record;
  int exit_code = 0;
};

// Scans, splits, trains, writes the run folder and the report. `data` receives the data set that
// the outcome's record points to.
TrainOutcome run_train(const TrainCommandOptions& options, Console& console, data::Dataset& data);

}  // namespace engraft::cli
