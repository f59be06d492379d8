// One picture of a data set by the name that somebody gives it.
#pragma once

#include <cstddef>
#include <string_view>

#include "data/dataset.h"

namespace engraft::data {

// Index into data.samples. The name is the sample's own ("ants/1.jpg"), a path to its file, or the
// end of one that no other picture has ("1.jpg"). Throws Error with the nearest names where there
// is none, and with some of those that it may mean where there are several.
std::size_t find_sample(const Dataset& data, std::string_view name);

}  // namespace engraft::data
