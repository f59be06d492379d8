// engraft train as a function, so that `engraft demo` runs the very same.
#pragma once

#include <string>

#include "cli/options.h"
#include "record/run_folder.h"

namespace engraft::cli {

struct TrainCommandOptions : VerbOptions {
  std::string data;
  std::string output;   // empty: runs/MODEL-N
  std::string recipe;   // read before the command line is parsed; here for the help text
  std::string command;  // as typed, for the record
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
