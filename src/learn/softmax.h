// Logits as probabilities and as answers, computed so that no logit is too large.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace engraft::learn {

// log(Σ exp(logit)) of one picture's logits; at least one. NaN where one of them is.
double log_sum_exp(std::span<const float> logits);

// One picture's logits as probabilities.
std::vector<double> softmax(std::span<const float> logits);

// The class of the largest logit, the first of equals; nothing where a logit is NaN: a network that
// no longer computes numbers answers nothing, least of all its first class.
std::optional<std::size_t> predicted_class(std::span<const float> logits);

// Indices of the `count` largest (all where there are fewer), largest first; of equals the lower
// index first. NaN counts as the least.
std::vector<std::size_t> largest(std::span<const double> values, std::size_t count);

}  // namespace engraft::learn
