// The loss that classifiers are trained with, computed so that no logit is too large for it.
#pragma once

#include <cstddef>
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
// if not wanted. A logit that is NaN makes the loss NaN. Throws Error for a label outside the
// classes.
StepResult cross_entropy(std::span<const float> logits, std::span<const int> labels,
                         std::span<float> gradient);

// Of one picture: returns its loss and writes `share` times its gradient, which may be the logits'
// own memory. `label` is one of the classes.
double cross_entropy_of(std::span<const float> logits, std::size_t label, double share,
                        std::span<float> gradient);

}  // namespace engraft::learn
