// Files with the same bytes: what a split must not part, a check lists, and a fold holds out whole.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "data/dataset.h"

namespace engraft::data {

// Indices of samples: one, or all that have the same bytes.
using SameContent = std::vector<std::size_t>;

// `samples` in their order, those with the same content (from check_images()) joined to the first
// of them. A sample whose content is not known stands alone.
std::vector<SameContent> by_content(const Dataset& dataset, std::span<const std::size_t> samples);

// The same of all samples.
std::vector<SameContent> by_content(const Dataset& dataset);

bool in_one_class(const Dataset& dataset, const SameContent& files);
bool on_one_side(const Dataset& dataset, const SameContent& files);

}  // namespace engraft::data
