// The best head for fixed features: the penalty that cross-validation prefers, then a fit by L-BFGS
// to all pictures. Nothing has to be chosen: no rate, no number of epochs.
#pragma once

#include <span>
#include <vector>

#include "learn/cross_validation.h"
#include "learn/head_data.h"

namespace engraft::learn {

// What scales the features is folded into it, so that it takes them as they are.
struct FoundHead {
  std::vector<float> weight;   // classes × channels
  std::vector<float> bias;     // classes
  CrossValidation validation;  // where that was stopped, there are no weights
};

// logits = weight · x + bias: data of one place. Its optimum is the only one.
FoundHead find_linear_head(const HeadData& data, const HeadOptions& options = {});

// A head as it begins: classes × channels, and classes.
struct FreshHead {
  std::span<const float> weight;
  std::span<const float> bias;
};

// logits = the mean over places of max(0, weight · x + bias), SqueezeNet's head. Every fit starts
// from the fresh head: where a class answers nowhere there is no slope to follow, as at zero.
FoundHead find_mean_of_relu_head(const HeadData& data, const FreshHead& fresh,
                                 const HeadOptions& options = {});

}  // namespace engraft::learn
