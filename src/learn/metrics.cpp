#include "learn/metrics.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "learn/softmax.h"

namespace engraft::learn {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Metrics compute_metrics(std::span<const float> logits, std::span<const int> labels, int classes) {
  const auto count = static_cast<std::size_t>(classes);
  assert(logits.size() == labels.size() * count);
  Metrics metrics;
  metrics.classes.resize(count);
  std::vector<ConfusedPair> answers;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::span<const float> row = logits.subspan(i * count, count);
    const auto label = static_cast<std::size_t>(labels[i]);
    ++metrics.classes[label].images;
    metrics.loss += log_sum_exp(row) - row[label];
    if (const auto predicted = predicted_class(row)) answers.push_back({label, *predicted, 1});
  }
  metrics.confusion = Confusion(count, std::move(answers));
  if (labels.empty()) return metrics;
  metrics.loss /= static_cast<double>(labels.size());
  metrics.accuracy_percent = 100 * ratio(metrics.confusion.right(), std::ssize(labels));
  std::vector<std::int64_t> called(count);
  for (const ConfusedPair& pair : metrics.confusion.pairs()) called[pair.predicted] += pair.count;
  for (std::size_t k = 0; k < count; ++k) {
    ClassMetrics& one = metrics.classes[k];
    const std::int64_t hits = metrics.confusion.count(k, k);
    one.precision = ratio(hits, called[k]);
    one.recall = ratio(hits, one.images);
    one.f1 = one.precision + one.recall > 0
                 ? 2 * one.precision * one.recall / (one.precision + one.recall)
                 : 0;
  }
  return metrics;
}

std::int64_t images_in(const Metrics& metrics) {
  std::int64_t sum = 0;
  for (const ClassMetrics& one : metrics.classes) sum += one.images;
  return sum;
}

Interval accuracy_interval(const Metrics& metrics) {
  return wilson_interval(metrics.confusion.right(), images_in(metrics));
}

Baseline majority_baseline(const Metrics& metrics) {
  if (metrics.classes.empty()) return {};
  const auto most = std::ranges::max_element(metrics.classes, {}, &ClassMetrics::images);
  return {static_cast<std::size_t>(most - metrics.classes.begin()),
          100 * ratio(most->images, images_in(metrics))};
}

double balanced_accuracy_percent(const Metrics& metrics) {
  double sum = 0;
  std::int64_t counted = 0;
  for (const ClassMetrics& one : metrics.classes) {
    if (one.images == 0) continue;
    sum += one.recall;
    ++counted;
  }
  return counted == 0 ? 0 : 100 * sum / static_cast<double>(counted);
}

std::vector<std::size_t> never_found(const Metrics& metrics) {
  std::vector<std::size_t> classes;
  for (std::size_t k = 0; k < metrics.classes.size(); ++k) {
    if (metrics.classes[k].images > 0 && metrics.classes[k].recall == 0) classes.push_back(k);
  }
  return classes;
}

}  // namespace engraft::learn
