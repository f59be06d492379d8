// How good a model is on labelled pictures.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/events.h"
#include "learn/metrics.h"
#include "training/settings.h"

namespace engraft::run {

struct EvaluateRequest {
  std::string model;  // as open_model() takes it
  std::string data;   // class folders
  std::string split =
      "auto";  // train, val, test, all; auto: test where DATA has it, else val, else all
  training::Settings settings;
};

struct Evaluation {
  std::vector<std::string> classes;  // the model's
  learn::Metrics metrics;
  std::int64_t pictures = 0;
  std::int64_t skipped = 0;  // files that could not be read
};

// Nothing where it was stopped. Throws Error; OptionError for settings that cannot be.
std::optional<Evaluation> evaluate(const EvaluateRequest& request, const base::Events& events);

}  // namespace engraft::run
