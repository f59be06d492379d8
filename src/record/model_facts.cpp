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
  model.facts["training"] = training::to_json(run.settings).dump();
  model.facts["results"] = results.dump();
  return model;
}

}  // namespace engraft::record
