// How accuracy and loss went while the model was trained.
#pragma once

#include <string>

#include "record/run.h"

namespace engraft::report {

// Two charts over the iterations: accuracy and loss, of training and of validation, with a mark at
// the iteration whose model was kept. Requires that something was validated.
std::string curves_html(const record::Run& run);

}  // namespace engraft::report
