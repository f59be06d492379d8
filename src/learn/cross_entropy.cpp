#include "learn/cross_entropy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "engraft/error.h"
#include "learn/softmax.h"

namespace engraft::learn {

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
    if (predicted_class(row) == label) ++result.correct;
    result.loss += gradient.empty() ? log_sum_exp(row) - row[label]
                                    : cross_entropy_of(row, label, 1 / count,
                                                       gradient.subspan(n * classes, classes));
  }
  result.loss /= count;
  return result;
}

double cross_entropy_of(std::span<const float> logits, std::size_t label, double share,
                        std::span<float> gradient) {
  const double most = *std::ranges::max_element(logits);
  const double own = logits[label];
  double sum = 0;
  for (std::size_t k = 0; k < logits.size(); ++k) {
    const double exponential = std::exp(logits[k] - most);
    sum += exponential;
    gradient[k] = static_cast<float>(exponential);
  }
  for (float& value : gradient) value = static_cast<float>(value * share / sum);
  // Near 1 the probability itself would not tell how far it is from it.
  gradient[label] = static_cast<float>((std::exp(own - most) / sum - 1) * share);
  return most + std::log(sum) - own;
}

}  // namespace engraft::learn
