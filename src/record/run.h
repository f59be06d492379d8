// Everything that there is to say about a training, as plain values: what run.json and metrics.csv
// hold, and all that a report is made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "data/dataset.h"
#include "learn/metrics.h"
#include "training/loop.h"
#include "training/method.h"
#include "training/settings.h"

namespace engraft::record {

// run.json's `format`. 1, which had no such number, was written by 0.1.0.
constexpr int kRunFormat = 2;

// How many pictures of a class, or of all, stand on each side of the split.
struct Sides {
  std::int64_t train = 0;
  std::int64_t val = 0;
  std::int64_t test = 0;
};

// The network, once it is opened.
struct Network {
  std::string architecture;
  std::vector<std::string> trainable;  // parameters
  std::int64_t trainable_count = 0;    // numbers that learn
  std::int64_t parameter_count = 0;    // numbers in all
  std::string train_cut;               // nodes
  std::string eval_cut;
  base::Shape train_features;  // at the cut, for one picture
  base::Shape val_features;
  std::int64_t iterations_per_epoch = 0;
  std::string precision;        // of the frozen part: "bf16"
  std::string other_precision;  // with "int8": of what is not computed in 8 bits
};

// A held-out picture that the best model got wrong.
struct Mistake {
  std::string path;
  std::string label;
  std::string predicted;
  double probability = 0;        // of the predicted class
  double label_probability = 0;  // of the true one
  std::string thumbnail;         // the file in the run that shows it; empty where there is none
  std::string problem;           // why there is none
};

// Where the time went, from the first line of the job to the last.
struct Seconds {
  double pictures = 0;  // opened and checked
  double network = 0;   // weights read, kernels made
  double val_features = 0;
  double train_features = 0;
  double head = 0;
  double validation = 0;
  double saving = 0;
  double total = 0;
};

// What came out, once training has ended.
struct Results {
  std::int64_t iterations = 0;
  std::int64_t best_iteration = 0;
  std::string stopped;            // "accuracy reached"
  std::optional<double> penalty;  // with training::Method::kBestHead: what cross-validation chose
  learn::Metrics best;            // on the validation side
  learn::Metrics last;
  std::int64_t mistakes = 0;  // of the best model
  std::vector<Mistake> worst;
  Seconds seconds;
};

struct Run {
  int format = kRunFormat;
  std::string program;   // the version that wrote it
  std::string command;   // the command line that repeats it
  std::string data;      // as given
  std::string contents;  // which pictures they were (data/split_list.h)
  std::string device;    // "cpu"
  std::string weights;   // where the network's came from
  // As given; what was left to the program is what that came to be.
  training::Settings settings;
  std::string plan;  // how the frozen part is computed: json (infer/compute_plan_json.h)
  training::Method method = training::Method::kSteps;
  std::vector<std::string> classes;
  std::vector<Sides> counts;           // by class
  std::vector<data::Skipped> skipped;  // files left out, and why
  std::vector<data::Skipped> notes;    // files used though not quite in order
  std::optional<Network> network;
  std::optional<Results> results;
  std::vector<training::EvalPoint> history;  // metrics.csv; not in run.json

  Sides pictures() const;  // of all classes
};

std::string to_string(training::Method method);      // "best head"
std::string to_string(training::StopReason reason);  // "all epochs done"

nlohmann::json to_json(const Run& run);

// What to_json() gave, by this version. Throws Error for another version's, or what is no run.
Run run_from_json(const nlohmann::json& json);

}  // namespace engraft::record
