#include "record/model_facts.h"

#include <nlohmann/json.hpp>

#include "record/metrics_json.h"

namespace engraft::record {

model::Model with_facts(model::Model model, const Run& run, const learn::Metrics& metrics,
                        std::int64_t iteration) {
  nlohmann::json results = to_json(metrics, model.classes);
  results["iteration"] = iteration;
  // A file's header is no place for matrices and long lists; the run has them.
  results.erase("confusion");
  results.erase("confused");
  if (model.classes.size() >= learn::kLeastClassesAsPairs) results.erase("classes");
  // Paths need not be UTF-8; json must be.
  const auto text = [](const nlohmann::json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  model.facts["training"] = text(training::to_json(run.settings));
  model.facts["results"] = text(results);
  return model;
}

}  // namespace engraft::record
