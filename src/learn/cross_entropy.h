// Softmax and the loss that classifiers are trained with, computed so that no logit is too large
// for them.
#pragma once

#include <cstdint>
#include <span>

namespace engraft::learn {

// What a batch did: its mean loss, and how many pictures had their largest logit (the first of
// equals) at their label.
struct StepResult {
  double loss = 0;
  std::int64_t correct = 0;
};

// torch.nn.functional.cross_entropy: the mean over N pictures of log(Σ exp(logits)) -
// logits[label]. `logits` are N × K, `labels` N numbers in [0, K). The loss's gradient with respect
// to the logits is written to `gradient` (N × K), which may be the logits' own memory, or is empty
// if not wanted. Throws Error for a label outside the classes.
StepResult cross_entropy(std::span<const float> logits, std::span<const int> labels,
                         std::span<float> gradient);

// Each row of N × K logits as probabilities; `probabilities` may be the logits' own memory.
void softmax(std::span<const float> logits, std::int64_t classes, std::span<float> probabilities);

}  // namespace engraft::learn
