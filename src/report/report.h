// The report of a training as one self-contained page: no scripts, nothing loaded from elsewhere.
#pragma once

#include <string>

#include "record/run_folder.h"

namespace engraft::report {

// The page's HTML: what was trained and how well, accuracy and loss curves, the confusion matrix,
// per-class figures, the worst mistakes as pictures, what was left out, how to repeat it.
std::string report_html(const record::RunRecord& record);

// Writes folder/report.html atomically. Throws Error.
void write_report(const base::Path& folder, const record::RunRecord& record);

}  // namespace engraft::report
