// The confusion matrix as people read it: a table of counts, shaded by each class's share, while
// there are few classes; beyond that the pairs that are confused most.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "learn/metrics.h"

namespace engraft::report {

// More classes than this make a table that nobody can read.
constexpr std::size_t kLargestConfusionTable = 30;

// The most frequent mistakes, at most `limit`: by count, then by share of the true class, then in
// class order.
std::vector<learn::ConfusedPair> most_confused(const learn::Metrics& metrics, std::size_t limit);

// The table, or the 20 most confused pairs where there are more than kLargestConfusionTable
// classes.
std::string confusion_html(const learn::Metrics& metrics, std::span<const std::string> classes);

}  // namespace engraft::report
