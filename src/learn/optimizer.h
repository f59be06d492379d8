// Gradient descent as torch.optim does it: SGD with momentum, Adam and AdamW, number for number, so
// that a learning rate found there means the same here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace engraft::learn {

enum class OptimizerKind {
  kSgd,    // torch.optim.SGD
  kAdam,   // torch.optim.Adam: weight decay is added to the gradient (arXiv 1412.6980)
  kAdamW,  // torch.optim.AdamW: weight decay shrinks the parameters itself (arXiv 1711.05101)
};

// "adam", as the command line writes it.
std::string to_string(OptimizerKind kind);

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::kAdam;
  float learning_rate = 5e-4F;
  float weight_decay = 0;
  float momentum = 0.9F;  // SGD
  double beta1 = 0.9;     // Adam and AdamW: how slowly the mean gradient changes,
  double beta2 = 0.999;   // and the mean squared gradient
  double epsilon = 1e-8;
};

// What an optimizer remembers between steps, to go on from a saved run.
struct OptimizerState {
  std::int64_t steps = 0;
  std::vector<std::vector<float>> first;   // for each parameter: the momentum or the mean gradient
  std::vector<std::vector<float>> second;  // the mean squared gradient; empty for SGD
};

class Optimizer {
 public:
  // `parameters` must stay where they are as long as steps are made. `workers`: cores for large
  // ones; 0: all usable ones. No result depends on it.
  Optimizer(const OptimizerOptions& options, std::vector<std::span<float>> parameters,
            int workers = 0);

  // Changes every parameter by its gradient; there is one of the same size for each.
  void step(std::span<const std::span<const float>> gradients);

  const OptimizerState& state() const { return state_; }

  // Throws Error where the state belongs to other parameters or another kind of optimizer.
  void restore(OptimizerState state);

 private:
  OptimizerOptions options_;
  std::vector<std::span<float>> parameters_;
  OptimizerState state_;
  int workers_;
};

}  // namespace engraft::learn
