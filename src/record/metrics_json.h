// The figures of a classifier as run.json, the saved model and `--json` have them.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "learn/metrics.h"

namespace engraft::record {

// From this many classes on the confusion matrix is a list of pairs in every file.
constexpr std::size_t kManyClasses = 200;

// {"accuracy", "loss", "confusion": [[...]], "classes": [{"name", "images", "precision", "recall",
// "f1"}]}; from kManyClasses on in place of the matrix "confused": [{"shown", "taken_for",
// "count"}], the pairs of different classes that occurred.
nlohmann::json to_json(const learn::Metrics& metrics, const std::vector<std::string>& classes);

// What to_json() gave. Throws nlohmann::json::exception for anything else.
learn::Metrics metrics_from_json(const nlohmann::json& json,
                                 const std::vector<std::string>& classes);

}  // namespace engraft::record
