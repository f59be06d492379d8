// How good a classifier is on labelled pictures: accuracy and how far it can be trusted, per-class
// figures, what was taken for what.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "learn/confusion.h"
#include "learn/wilson.h"

namespace engraft::learn {

struct ClassMetrics {
  std::int64_t images = 0;  // of this class
  double precision = 0;     // share of those called this class that are; 0 where none were
  double recall = 0;        // share of this class that was called so
  double f1 = 0;            // harmonic mean of the two
};

struct Metrics {
  double accuracy_percent = 0;
  double loss = 0;  // mean cross-entropy
  Confusion confusion;
  std::vector<ClassMetrics> classes;
};

// From logits N × K and labels N. N may be 0: all zero. A picture with a logit that is NaN counts
// as wrong and is taken for no class; the loss is NaN then.
Metrics compute_metrics(std::span<const float> logits, std::span<const int> labels, int classes);

std::int64_t images_in(const Metrics& metrics);

// Around the accuracy, as shares.
Interval accuracy_interval(const Metrics& metrics);

// What always answering the most frequent class would reach; nobody needs a network for that.
struct Baseline {
  std::size_t largest_class = 0;
  double accuracy_percent = 0;
};
Baseline majority_baseline(const Metrics& metrics);

// The mean recall of the classes that have pictures, in percent: each class counts the same.
double balanced_accuracy_percent(const Metrics& metrics);

// Classes that have pictures, none of which was called so.
std::vector<std::size_t> never_found(const Metrics& metrics);

}  // namespace engraft::learn
