#include "learn/confusion.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace engraft::learn {
namespace {

std::pair<std::size_t, std::size_t> place(const ConfusedPair& pair) {
  return {pair.truth, pair.predicted};
}

}  // namespace

Confusion::Confusion(std::size_t classes, std::vector<ConfusedPair> pairs) : classes_(classes) {
  std::ranges::sort(pairs, {}, place);
  for (const ConfusedPair& pair : pairs) {
    if (pair.count == 0) continue;
    if (!pairs_.empty() && place(pairs_.back()) == place(pair)) {
      pairs_.back().count += pair.count;
    } else {
      pairs_.push_back(pair);
    }
  }
}

Confusion::Confusion(const Matrix& matrix) : classes_(matrix.size()) {
  for (std::size_t truth = 0; truth < matrix.size(); ++truth) {
    for (std::size_t predicted = 0; predicted < matrix[truth].size(); ++predicted) {
      const std::int64_t count = matrix[truth][predicted];
      if (count > 0) pairs_.push_back({truth, predicted, count});
    }
  }
}

std::int64_t Confusion::count(std::size_t truth, std::size_t predicted) const {
  const auto found = std::ranges::lower_bound(pairs_, std::pair(truth, predicted), {}, place);
  if (found == pairs_.end() || place(*found) != std::pair(truth, predicted)) return 0;
  return found->count;
}

std::int64_t Confusion::right() const {
  std::int64_t sum = 0;
  for (const ConfusedPair& pair : pairs_) sum += pair.truth == pair.predicted ? pair.count : 0;
  return sum;
}

Confusion::Matrix Confusion::matrix() const {
  Matrix matrix(classes_, std::vector<std::int64_t>(classes_));
  for (const ConfusedPair& pair : pairs_) matrix[pair.truth][pair.predicted] = pair.count;
  return matrix;
}

}  // namespace engraft::learn
