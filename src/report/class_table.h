// Per-class figures as a table: where a good mean hides a class that the model does not know.
#pragma once

#include <string>

#include "record/run.h"

namespace engraft::report {

// Pictures on both sides, precision, recall and F1 of each class, and their means. In the classes'
// order; where there are many, the lowest F1 first.
std::string class_table_html(const record::Run& run);

}  // namespace engraft::report
