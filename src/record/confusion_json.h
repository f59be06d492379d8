// What was taken for what, as every json file and document holds it.
#pragma once

#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "learn/confusion.h"

namespace engraft::record {

// Adds "confusion", the matrix, to `document`; from kLeastClassesAsPairs classes on instead
// "confused", a list of {"shown", "taken_for", "count"} without the right answers.
void add_confusion(nlohmann::json& document, const learn::Confusion& confusion,
                   std::span<const std::string> classes);

}  // namespace engraft::record
