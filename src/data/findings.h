// What is wrong with a data set as a whole, beside pictures that cannot be read: copies, copies on
// two sides or in two classes, misleading endings, classes of very different sizes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace engraft::data {

struct Findings {
  using Names = std::vector<std::string>;
  std::vector<Names> duplicates;    // pictures with the same bytes, each group in order
  std::vector<Names> leaks;         // of those, on more than one side of the split
  std::vector<Names> conflicts;     // of those, in more than one class
  std::vector<Skipped> misnamed;    // content of another format than the name's ending says
  std::vector<std::size_t> images;  // of each class
  std::size_t fewest = 0;           // of the classes that have any
  std::size_t most = 0;
  bool imbalanced = false;  // most is at least ten times fewest
};

// Needs check_images() before. Reads no file.
Findings examine(const Dataset& dataset);

}  // namespace engraft::data
