// How good a model is on labelled pictures.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/events.h"
#include "learn/metrics.h"
#include "model/model.h"
#include "training/settings.h"

namespace engraft::run {

struct EvaluateRequest {
  std::string model;  // as open_model() takes it
  std::string data;   // class folders
  // train, val, test, all; auto: test where DATA has it, else val, else all. Where the model is a
  // run's, that was trained on these pictures, the sides that are asked for are the run's.
  std::string split = "auto";
  training::Settings settings;
};

struct Evaluation {
  std::vector<std::string> classes;  // the model's
  learn::Metrics metrics;
  std::int64_t pictures = 0;
  std::int64_t skipped = 0;  // files that could not be read
  // Where some of the pictures are those that the model was trained on: how many, and the figures
  // of the others.
  std::int64_t trained_on = 0;
  std::optional<learn::Metrics> unseen;
};

// Nothing where it was stopped. Throws Error; OptionError for settings that cannot be.
std::optional<Evaluation> evaluate(const EvaluateRequest& request, const base::Events& events);

// The same of a model that is open already; request.model is where it came from.
std::optional<Evaluation> evaluate(const model::Model& model, const EvaluateRequest& request,
                                   const base::Events& events);

}  // namespace engraft::run
