#include "learn/metrics.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace engraft::learn {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double cross_entropy_of(std::span<const float> logits, std::size_t label) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit - largest));
  return std::log(sum) - static_cast<double>(logits[label] - largest);
}

}  // namespace

Metrics compute_metrics(std::span<const float> logits, std::span<const int> labels, int classes) {
  const auto count = static_cast<std::size_t>(classes);
  assert(logits.size() == labels.size() * count);
  Metrics metrics;
  metrics.confusion.assign(count, std::vector<std::int64_t>(count, 0));
  metrics.classes.resize(count);
  std::int64_t correct = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::span<const float> row = logits.subspan(i * count, count);
    const auto predicted =
        static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
    const auto label = static_cast<std::size_t>(labels[i]);
    ++metrics.confusion[label][predicted];
    correct += predicted == label ? 1 : 0;
    metrics.loss += cross_entropy_of(row, label);
  }
  if (labels.empty()) return metrics;
  metrics.loss /= static_cast<double>(labels.size());
  metrics.accuracy_percent = 100 * ratio(correct, std::ssize(labels));
  for (std::size_t k = 0; k < count; ++k) {
    ClassMetrics& one = metrics.classes[k];
    std::int64_t called = 0;
    for (std::size_t other = 0; other < count; ++other) {
      one.images += metrics.confusion[k][other];
      called += metrics.confusion[other][k];
    }
    const std::int64_t hits = metrics.confusion[k][k];
    one.precision = ratio(hits, called);
    one.recall = ratio(hits, one.images);
    one.f1 = one.precision + one.recall > 0
                 ? 2 * one.precision * one.recall / (one.precision + one.recall)
                 : 0;
  }
  return metrics;
}

}  // namespace engraft::learn
