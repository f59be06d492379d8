#include "learn/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace engraft::learn {

double log_sum_exp(std::span<const float> logits) {
  // With the largest taken out nothing overflows.
  const double most = *std::ranges::max_element(logits);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - most);
  return most + std::log(sum);
}

std::vector<double> softmax(std::span<const float> logits) {
  const double normalizer = log_sum_exp(logits);
  std::vector<double> probabilities;
  probabilities.reserve(logits.size());
  for (const float logit : logits) probabilities.push_back(std::exp(logit - normalizer));
  return probabilities;
}

std::optional<std::size_t> predicted_class(std::span<const float> logits) {
  if (std::ranges::any_of(logits, [](float logit) { return std::isnan(logit); })) return {};
  return static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin());
}

std::vector<std::size_t> largest(std::span<const double> values, std::size_t count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto rank = [&](std::size_t i) {
    return std::isnan(values[i]) ? -std::numeric_limits<double>::infinity() : values[i];
  };
  const std::size_t kept = std::min(order.size(), count);
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
      [&](std::size_t a, std::size_t b) { return rank(a) != rank(b) ? rank(a) > rank(b) : a < b; });
  order.resize(kept);
  return order;
}

}  // namespace engraft::learn
