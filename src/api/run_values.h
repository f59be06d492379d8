// Runs and figures as the public values have them.
#pragma once

#include "base/file.h"
#include "engraft/run.h"
#include "learn/metrics.h"
#include "record/run.h"

namespace engraft::api {

Run to_run(const base::Path& folder, const record::Run& run);
Validation to_validation(const training::EvalPoint& point);
Metrics to_metrics(const learn::Metrics& metrics, const std::vector<std::string>& classes);

}  // namespace engraft::api
