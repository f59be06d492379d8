// Which heads can be found at once, without steps: those whose best weights follow from fixed
// features.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "graph/graph.h"

namespace engraft::training {

enum class HeadForm {
  kLinear,      // the network ends in a linear layer
  kMeanOfRelu,  // in a 1 × 1 convolution, a ReLU and the mean over places: SqueezeNet
};

// The head's form, where it has one of these and `trainable` names exactly its weight and bias.
std::optional<HeadForm> findable_head(const graph::Graph& graph,
                                      const std::set<std::string>& trainable);

}  // namespace engraft::training
