// What a head learns from: rows of features (a picture's, or a view's), their labels, and which
// rows belong together. The rows lie in memory, or are read where they are wanted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/tensor.h"

namespace engraft::learn {

struct HeadData {
  std::int64_t channels = 0;        // a row is channels × places numbers,
  std::int64_t places = 1;          // the places of a channel one after another
  std::span<const float> features;  // N rows; or, where they do not fit into memory,
  // copies whole rows from row `first` on, as many as fit. Called from several threads at once.
  std::function<void(std::size_t first, std::span<float> rows)> read;
  std::span<const int> labels;  // N numbers in [0, classes)
  int classes = 0;
  // N numbers: rows with the same one (views of a picture) are never seen while another is judged.
  // Empty: every row stands for itself.
  std::span<const std::size_t> groups;

  std::size_t count() const { return labels.size(); }
  std::size_t width() const { return static_cast<std::size_t>(channels * places); }
};

// `count` rows from `first` on, where they lie or copied into `buffer`.
std::span<const float> rows_of(const HeadData& data, std::size_t first, std::size_t count,
                               std::vector<float>& buffer);

// Features of any shape as what a linear head sees: C × H × W as the means of C channels.
std::vector<float> pooled(std::span<const float> features, const base::Shape& shape);

}  // namespace engraft::learn
