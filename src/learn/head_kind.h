// What a head that can be found at once makes of features.
#pragma once

namespace engraft::learn {

enum class HeadKind {
  kLinear,      // logits = W · x + b, of features with one place
  kMeanOfRelu,  // the mean over places of max(0, W · x + b): SqueezeNet's 1 × 1 convolution
};

}  // namespace engraft::learn
