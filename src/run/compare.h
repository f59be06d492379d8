// Which backbone suits these pictures: a linear head on each one's features, judged by
// cross-validation, and how fast they are.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/events.h"
#include "graph/graph.h"
#include "learn/cross_validation.h"
#include "learn/wilson.h"
#include "training/settings.h"

namespace engraft::run {

struct CompareRequest {
  std::string data;
  // Networks between commas, each NAME or NAME=FILE with weights of its own (commas within FILE
  // are doubled); or "fast", "accurate", "all-cached".
  std::string models = "all-cached";
  int folds = 5;
  training::Settings settings;
};

// One backbone to try.
struct Candidate {
  std::string name;
  std::string weights;
  std::string label;  // tells it from the others: its name, with its file where names are equal
};

struct Compared {
  Candidate candidate;
  std::string error;  // why there is no result; empty: there is one
  learn::CrossValidation probe;
  graph::Cost cost;
  std::int64_t features = 0;     // numbers a picture, after pooling
  double images_per_second = 0;  // decoding included, nothing from the cache
  double seconds = 0;

  double accuracy_percent() const;
  learn::Interval interval() const;  // of the share
};

struct Comparison {
  std::int64_t pictures = 0;
  std::int64_t classes = 0;
  std::vector<Compared> results;  // the most accurate first; those without a result last
  bool complete = true;           // false: stopped

  // How many stand at the top with the same accuracy.
  std::size_t best_count() const;
  // The fastest of those that the best one does not clearly beat; nullptr where there is no result.
  const Compared* recommended() const;
};

struct CompareEvents {
  base::Events shared;
  std::function<void(const Comparison&)> opened;  // pictures and classes are known
  std::function<void(const Compared&)> compared;  // one more is done
};

// What `models` names. Throws OptionError for no name, an unknown one, or an unknown file.
std::vector<Candidate> candidates_of(const CompareRequest& request);

// A candidate that cannot be tried has its error; the rest goes on. Throws Error, OptionError.
Comparison compare(const CompareRequest& request, const CompareEvents& events);

// Accuracy against speed as one SVG file's text. Requires a result.
std::string comparison_svg(const Comparison& comparison, const std::string& data);

}  // namespace engraft::run
