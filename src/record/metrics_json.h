// The figures of a classifier as run.json, the saved model and `--json` have them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "learn/metrics.h"

namespace engraft::record {

// {"accuracy", "loss", "confusion": [[...]], "classes": [{"name", "images", "precision", "recall",
// "f1"}]}; where there are many classes "confused" in place of the matrix (confusion_json.h).
nlohmann::json to_json(const learn::Metrics& metrics, const std::vector<std::string>& classes);

// What to_json() gave. Throws nlohmann::json::exception, or Error where
// figures are not those of `classes`, for anything else.
learn::Metrics metrics_from_json(const nlohmann::json& json,
                                 const std::vector<std::string>& classes);

// A count of pictures or iterations. Throws Error for what is none.
std::int64_t count_from_json(const nlohmann::json& value);

}  // namespace engraft::record
