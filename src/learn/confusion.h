// Which classes were taken for which. Only pairs that occurred are held, so that ten thousand
// classes need no hundred million counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace engraft::learn {

// From this many classes on files hold the pairs, below it the whole matrix.
constexpr std::size_t kLeastClassesAsPairs = 200;

struct ConfusedPair {
  std::size_t truth = 0;
  std::size_t predicted = 0;  // the same class for right answers
  std::int64_t count = 0;

  bool operator==(const ConfusedPair&) const = default;
};

class Confusion {
 public:
  using Matrix = std::vector<std::vector<std::int64_t>>;  // [true class][predicted class]

  Confusion() = default;
  // In any order; equal pairs are added up. Both classes of each lie below `classes`.
  Confusion(std::size_t classes, std::vector<ConfusedPair> pairs);
  explicit Confusion(const Matrix& matrix);

  std::size_t classes() const { return classes_; }
  std::int64_t count(std::size_t truth, std::size_t predicted) const;
  std::int64_t right() const;  // pictures taken for their own class

  // Those that occurred, by true class, then by predicted class.
  const std::vector<ConfusedPair>& pairs() const { return pairs_; }

  // classes × classes counts: for few classes.
  Matrix matrix() const;

  bool operator==(const Confusion&) const = default;

 private:
  std::size_t classes_ = 0;
  std::vector<ConfusedPair> pairs_;
};

}  // namespace engraft::learn
