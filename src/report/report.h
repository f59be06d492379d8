// The report of a training as one self-contained page: no scripts, nothing loaded from elsewhere.
// It is made of the run's folder alone, and comes out the same whenever it is made.
#pragma once

#include <string>

#include "record/run.h"

namespace engraft::report {

// The page's HTML: what was trained and how well, accuracy and loss curves, the confusion matrix,
// per-class figures, the worst mistakes as pictures (from `folder`), what was left out, how to
// repeat it. Throws Error where training did not come to its end, or a picture is missing.
std::string report_html(const record::Run& run, const base::Path& folder);

// Reads the run in `folder` and writes its report.html atomically; returns its path. Throws Error.
base::Path write_report(const base::Path& folder);

}  // namespace engraft::report
