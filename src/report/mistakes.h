// The validation pictures that the model got wrong most confidently, with small pictures to look
// at: where a data set's wrong labels and a model's blind spots show first.
#pragma once

#include <string>

#include "base/file.h"
#include "record/run.h"

namespace engraft::report {

// The run's worst mistakes as a list of small pictures with what they show, what they were taken
// for and their names; where there is no picture, why. The pictures, which lie in the run's
// `folder`, become part of the page ("data:" addresses). Throws Error where one is missing.
std::string mistakes_html(const base::Path& folder, const record::Results& results);

// RFC 4648, section 4, with padding.
std::string base64(const base::Bytes& bytes);

}  // namespace engraft::report
