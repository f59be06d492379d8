// How a model came about, for the report: the options, what learnt and what did not, where the time
// went.
#pragma once

#include <string>

#include "record/run.h"

namespace engraft::report {

// The cut in one sentence that someone who never heard of it understands.
std::string cut_sentence(const record::Network& network);

// All options and counts, the cut, and the seconds of each stage.
std::string method_html(const record::Run& run);

}  // namespace engraft::report
