// What several networks are built of: torchvision.ops.misc.
#pragma once

#include <string>

#include "graph/builder.h"

namespace engraft::zoo {

// The nearest multiple of `divisor`, but not less than nine tenths of `channels`.
std::int64_t make_divisible(double channels, std::int64_t divisor = 8);

// Conv2dNormActivation: a convolution without bias, padded to keep the size, its batch norm and an
// activation. An empty name means the next number, as in a Sequential.
graph::Value conv_norm(graph::GraphBuilder& net, std::string name, graph::Value x,
                       graph::Conv2d conv, graph::BatchNorm2d norm = {});
graph::Value conv_norm_activation(graph::GraphBuilder& net, std::string name, graph::Value x,
                                  graph::Conv2d conv, graph::Layer activation,
                                  graph::BatchNorm2d norm = {},
                                  std::string type = "Conv2dNormActivation");

// Hu et al. (arXiv 1709.01507), figure 1: each channel is scaled by what a small network makes of
// all channels' means.
graph::Value squeeze_excitation(graph::GraphBuilder& net, std::string name, graph::Value x,
                                std::int64_t squeezed, graph::Layer activation,
                                graph::Layer scale_activation);

// torchvision.ops.MLP with GELU over the last dimension, back to as many features as before.
graph::Value mlp(graph::GraphBuilder& net, std::string name, graph::Value x, std::int64_t hidden,
                 std::string type = "MLP");

}  // namespace engraft::zoo
