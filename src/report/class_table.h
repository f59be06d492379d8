// Per-class figures as a table: where a good mean hides a class that the model does not know.
#pragma once

#include <string>

#include "data/dataset.h"
#include "learn/metrics.h"

namespace engraft::report {

// Pictures on both sides, precision, recall and F1 of each class, and their means. In the classes'
// order; where there are many, the lowest F1 first.
std::string class_table_html(const data::Dataset& data, const learn::Metrics& metrics);

}  // namespace engraft::report
