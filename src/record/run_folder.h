// What a training leaves behind: a folder with the best and the last model, metrics.csv and
// run.json.
#pragma once

#include <string>
#include <vector>

#include "data/dataset.h"
#include "training/loop.h"
#include "training/settings.h"

namespace engraft::record {

// Everything that there is to say about a training: the report and run.json are made from it.
struct RunRecord {
  std::string data;     // as given
  std::string command;  // the command line that repeats it
  std::string device;   // "cpu"
  std::string weights;  // as given
  const data::Dataset* dataset = nullptr;
  training::Settings settings;  // as given
  training::TrainOptions options;
  training::TrainResult result;
};

// The name of a new folder `parent`/`name`-N, created; N is one more than the largest there is.
// Throws Error.
base::Path create_run_folder(const base::Path& parent, const std::string& name);

// Creates `folder` where needed. Throws Error where it exists and holds anything.
void create_output_folder(const base::Path& folder);

// best.safetensors, last.safetensors, metrics.csv, run.json. Each is written atomically, run.json
// last, so that a folder with it is whole. Throws Error.
void write_run_folder(const base::Path& folder, const RunRecord& record);

// The facts that saved models carry: options and results as json texts.
std::map<std::string, std::string> model_facts(const RunRecord& record,
                                               const learn::Metrics& metrics,
                                               std::int64_t iteration);

std::string to_string(training::StopReason reason);  // "accuracy reached"

}  // namespace engraft::record
