// Which of a model's classes a data set's classes are.
#pragma once

#include <span>
#include <vector>

#include "data/dataset.h"
#include "model/model.h"

namespace engraft::run {

// For each of the data set's classes its place among the model's; -1 for those without a picture
// among `samples`. Names are the same where they are so in Unicode's form NFC. Throws Error naming
// a class that the model does not know, with the nearest that it does.
std::vector<int> places_in_model(const data::Dataset& data, std::span<const std::size_t> samples,
                                 const model::Model& model);

}  // namespace engraft::run
