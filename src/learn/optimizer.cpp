#include "learn/optimizer.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "base/parallel.h"
#include "engraft/error.h"

namespace engraft::learn {
namespace {

// A parameter is cut into blocks of this many numbers, which large ones spread over the cores.
constexpr std::size_t kBlock = std::size_t{1} << 18U;

// One step's factors. They are computed in double and rounded once, as PyTorch's scalars are.
struct SgdFactors {
  bool first_step;
  float weight_decay;
  float momentum;
  float rate;
};

struct AdamFactors {
  float shrink;        // AdamW: what the parameter is multiplied with first
  float weight_decay;  // Adam: how much of the parameter is added to the gradient
  float keep_first;
  float add_first;
  float keep_second;
  float add_second;
  float second_scale;  // corrects the root of the mean square for its start at zero
  float epsilon;
  float rate;  // corrects the mean likewise
};

// The loops take pointers: checked indices would keep the compiler from doing several at once.
void step_sgd(const SgdFactors& by, std::size_t count, float* value, const float* gradient,
              float* momentum) {
  for (std::size_t i = 0; i < count; ++i) {
    const float g = gradient[i] + by.weight_decay * value[i];
    momentum[i] = by.first_step ? g : by.momentum * momentum[i] + g;
    value[i] -= by.rate * momentum[i];
  }
}

void step_adam(const AdamFactors& by, std::size_t count, float* value, const float* gradient,
               float* first, float* second) {
  for (std::size_t i = 0; i < count; ++i) {
    const float shrunk = value[i] * by.shrink;
    const float g = gradient[i] + by.weight_decay * shrunk;
    first[i] = first[i] * by.keep_first + g * by.add_first;
    second[i] = second[i] * by.keep_second + g * g * by.add_second;
    const float root = std::sqrt(second[i]) / by.second_scale + by.epsilon;
    value[i] = shrunk - by.rate * (first[i] / root);
  }
}

AdamFactors adam_factors(const OptimizerOptions& options, std::int64_t step) {
  const auto steps = static_cast<double>(step);
  const double rate = options.learning_rate;
  const double decay = options.weight_decay;
  const bool decoupled = options.kind == OptimizerKind::kAdamW;
  return {.shrink = static_cast<float>(decoupled ? 1 - rate * decay : 1),
          .weight_decay = decoupled ? 0 : options.weight_decay,
          .keep_first = static_cast<float>(options.beta1),
          .add_first = static_cast<float>(1 - options.beta1),
          .keep_second = static_cast<float>(options.beta2),
          .add_second = static_cast<float>(1 - options.beta2),
          .second_scale = static_cast<float>(std::sqrt(1 - std::pow(options.beta2, steps))),
          .epsilon = static_cast<float>(options.epsilon),
          .rate = static_cast<float>(rate / (1 - std::pow(options.beta1, steps)))};
}

// body(first, count) for the blocks of a parameter of this size.
template <typename Body>
void for_blocks(std::size_t size, int workers, const Body& body) {
  const std::size_t blocks = (size + kBlock - 1) / kBlock;
  base::parallel_for(blocks, workers, [&](std::size_t block, int) {
    const std::size_t first = block * kBlock;
    body(first, std::min(kBlock, size - first));
  });
}

}  // namespace

std::string to_string(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::kSgd:
      return "sgd";
    case OptimizerKind::kAdam:
      return "adam";
    case OptimizerKind::kAdamW:
      break;
  }
  return "adamw";
}

Optimizer::Optimizer(const OptimizerOptions& options, std::vector<std::span<float>> parameters,
                     int workers)
    : options_(options),
      parameters_(std::move(parameters)),
      workers_(workers > 0 ? workers : base::usable_processors()) {
  for (const std::span<float> parameter : parameters_) {
    state_.first.emplace_back(parameter.size());
    if (options.kind != OptimizerKind::kSgd) state_.second.emplace_back(parameter.size());
  }
}

void Optimizer::step(std::span<const std::span<const float>> gradients) {
  assert(gradients.size() == parameters_.size());
  ++state_.steps;
  const SgdFactors sgd{state_.steps == 1, options_.weight_decay, options_.momentum,
                       options_.learning_rate};
  const AdamFactors adam = adam_factors(options_, state_.steps);
  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    assert(gradients[p].size() == parameters_[p].size());
    for_blocks(parameters_[p].size(), workers_, [&](std::size_t from, std::size_t count) {
      float* const value = parameters_[p].data() + from;
      const float* const gradient = gradients[p].data() + from;
      float* const first = state_.first[p].data() + from;
      if (options_.kind == OptimizerKind::kSgd) {
        step_sgd(sgd, count, value, gradient, first);
      } else {
        step_adam(adam, count, value, gradient, first, state_.second[p].data() + from);
      }
    });
  }
}

void Optimizer::restore(OptimizerState state) {
  const auto same_sizes = [](const std::vector<std::vector<float>>& a,
                             const std::vector<std::vector<float>>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const auto& x, const auto& y) { return x.size() == y.size(); });
  };
  if (!same_sizes(state.first, state_.first) || !same_sizes(state.second, state_.second)) {
    throw Error("the saved optimizer state belongs to other parameters or another optimizer than " +
                to_string(options_.kind) + "; resume with the options of the run that saved it");
  }
  state_ = std::move(state);
}

}  // namespace engraft::learn
