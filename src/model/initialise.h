// Fresh parameters, distributed as PyTorch and torchvision distribute them. Every number depends on
// the seed, the parameter's name and its place in it alone: neither on order nor on threads.
#pragma once

#include <cstdint>

#include "base/tensor.h"
#include "graph/graph.h"

namespace engraft::model {

// Puts new tensors for the head's parameters into `parameters`, as torch.nn.Linear and
// torch.nn.Conv2d begin: weights and biases uniform in ± 1 / sqrt(fan in).
void initialise_head(base::StateDict& parameters, const graph::Graph& graph, std::uint64_t seed);

// The same for whatever `parameters` lacks of auxiliary heads, which nothing here computes but
// which belong to the state_dict.
void initialise_auxiliary(base::StateDict& parameters, const graph::Graph& graph,
                          std::uint64_t seed);

// Everything that the graph declares, for training from nothing. Convolutions: weights normal with
// variance 2 / fan out (He et al., arXiv 1502.01852; torchvision's choice for ResNet, VGG and
// MobileNet), biases 0. Linear layers, and the head whatever it is, as initialise_head()
// (torchvision deviates for VGG's linear layers: normal with standard deviation 0.01). Batch norms:
// weight and running variance 1, all else 0. `workers`: cores for large ones; 0: all usable ones.
base::StateDict initialise_all(const graph::Graph& graph, std::uint64_t seed, int workers = 0);

}  // namespace engraft::model
