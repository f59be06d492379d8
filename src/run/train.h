// A training as a whole job: pictures in, a run folder out.
#pragma once

#include <functional>
#include <string>

#include "base/events.h"
#include "data/dataset.h"
#include "record/run.h"
#include "training/loop.h"
#include "training/settings.h"

namespace engraft::run {

struct TrainRequest {
  std::string data;     // class folders
  base::Path output;    // a new or empty folder; empty: runs/MODEL-N
  std::string command;  // the command line that repeats it, for the record
  training::Settings settings;
};

// What a caller can watch; any may be empty.
struct TrainEvents {
  base::Events shared;
  // What is known of the job, a line for people at a time: device, data, network.
  std::function<void(const std::string& text)> fact;
  std::function<void(const training::TrainPlan& plan, const model::Model& model)> planned;
  std::function<void(const training::EvalPoint& point)> validated;
};

struct Trained {
  base::Path folder;
  record::Run run;     // with its results
  data::Dataset data;  // as it was split
  bool interrupted = false;
};

// Whatever is wrong with options, weights, names of parameters or the place to write to is said
// before the first picture is opened. Interrupted before anything was validated, it leaves nothing
// and throws. Throws Error; OptionError for settings that cannot be.
Trained train(const TrainRequest& request, const TrainEvents& events);

}  // namespace engraft::run
