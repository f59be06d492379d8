// How good a classifier is on labelled pictures: accuracy, per-class figures, the confusion matrix.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace engraft::learn {

struct ClassMetrics {
  std::int64_t images = 0;  // of this class
  double precision = 0;     // share of those called this class that are; 0 where none were
  double recall = 0;        // share of this class that was called so
  double f1 = 0;            // harmonic mean of the two
};

struct Metrics {
  double accuracy_percent = 0;
  double loss = 0;                                   // mean cross-entropy
  std::vector<std::vector<std::int64_t>> confusion;  // [true class][predicted class]
  std::vector<ClassMetrics> classes;
};

// From logits N × K and labels N. N may be 0: all zero.
Metrics compute_metrics(std::span<const float> logits, std::span<const int> labels, int classes);

}  // namespace engraft::learn
