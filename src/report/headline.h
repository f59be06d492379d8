// The report's first lines: how good the model is, how sure one can be of that, and what it is.
#pragma once

#include <string>

#include "record/run.h"

namespace engraft::report {

// The best validation accuracy with its 95 % interval and the number of pictures behind it; the
// model, its classes, when and why training stopped.
std::string headline_html(const record::Run& run);

}  // namespace engraft::report
