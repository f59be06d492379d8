// What is on pictures: a model's answers, one picture after another, in constant memory.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/file.h"
#include "training/settings.h"

namespace engraft::run {

struct PredictRequest {
  std::string model;  // as open_model() takes it
  training::Settings settings;
};

struct Prediction {
  base::Path path;
  std::vector<float> logits;          // empty where the picture cannot be read
  std::vector<double> probabilities;  // of the model's classes
  std::string error;                  // why it cannot be read
};

// Where the pictures come from.
struct PathSource {
  std::function<std::optional<base::Path>()> next;  // one after another, then nothing
  std::function<bool()> ready = {};  // whether next() would not wait; empty: it never waits
};

struct PredictEvents {
  base::Events shared;
  // Once, before the first picture: the model's classes.
  std::function<void(const std::vector<std::string>& classes)> opened;
  // For each picture in the order of the paths, as soon as it is known.
  std::function<void(const Prediction& prediction)> predicted;
};

// Returns false where it was stopped; what was told before holds. Throws Error; OptionError for
// settings that cannot be.
bool predict(const PredictRequest& request, const PathSource& paths, const PredictEvents& events);

// Files in a folder and below it, sorted by name; hidden ones are left out. Throws Error where
// there is none.
std::vector<base::Path> files_below(const base::Path& folder);

}  // namespace engraft::run
