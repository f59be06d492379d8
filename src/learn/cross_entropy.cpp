#include "learn/cross_entropy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "engraft/error.h"

namespace engraft::learn {
namespace {

// log(Σ exp(x)), with the largest x taken out so that nothing overflows.
double log_sum_exp(std::span<const float> x, double largest) {
  double sum = 0;
  for (const float value : x) sum += std::exp(value - largest);
  return largest + std::log(sum);
}

}  // namespace

StepResult cross_entropy(std::span<const float> logits, std::span<const int> labels,
                         std::span<float> gradient) {
  StepResult result;
  if (labels.empty()) return result;
  const std::size_t classes = logits.size() / labels.size();
  assert(logits.size() == classes * labels.size());
  assert(gradient.empty() || gradient.size() == logits.size());
  const auto count = static_cast<double>(labels.size());
  for (std::size_t n = 0; n < labels.size(); ++n) {
    if (labels[n] < 0 || static_cast<std::size_t>(labels[n]) >= classes) {
      throw Error(fmt::format("label {} of picture {} of the batch is none of the {} classes",
                              labels[n], n, classes));
    }
    const auto label = static_cast<std::size_t>(labels[n]);
    const std::span<const float> row = logits.subspan(n * classes, classes);
    const auto largest = std::max_element(row.begin(), row.end());
    const double normalizer = log_sum_exp(row, *largest);
    result.loss += normalizer - row[label];
    if (static_cast<std::size_t>(largest - row.begin()) == label) ++result.correct;
    if (gradient.empty()) continue;
    const std::span<float> out = gradient.subspan(n * classes, classes);
    for (std::size_t k = 0; k < classes; ++k) {
      const double probability = std::exp(row[k] - normalizer);
      out[k] = static_cast<float>((probability - (k == label ? 1 : 0)) / count);
    }
  }
  result.loss /= count;
  return result;
}

void softmax(std::span<const float> logits, std::int64_t classes, std::span<float> probabilities) {
  const auto width = static_cast<std::size_t>(classes);
  assert(probabilities.size() == logits.size() && logits.size() % width == 0);
  for (std::size_t begin = 0; begin < logits.size(); begin += width) {
    const std::span<const float> row = logits.subspan(begin, width);
    const double normalizer = log_sum_exp(row, *std::max_element(row.begin(), row.end()));
    for (std::size_t k = 0; k < width; ++k) {
      probabilities[begin + k] = static_cast<float>(std::exp(row[k] - normalizer));
    }
  }
}

}  // namespace engraft::learn
