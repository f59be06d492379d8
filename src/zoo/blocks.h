// What several networks are built of: torchvision.ops.misc.
#pragma once

#include <string>

#include "graph/builder.h"

namespace engraft {

// The nearest multiple of `divisor`, but not less than nine tenths of `channels`.
std::int64_t make_divisible(double channels, std::int64_t divisor = 8);

// Conv2dNormActivation: a convolution without bias, padded to keep the size, its batch norm and an
// activation. An empty name means the next number, as in a Sequential.
Value conv_norm(GraphBuilder& net, std::string name, Value x, Conv2d conv, BatchNorm2d norm = {});
Value conv_norm_activation(GraphBuilder& net, std::string name, Value x, Conv2d conv,
                           Layer activation, BatchNorm2d norm = {},
                           std::string type = "Conv2dNormActivation");

// Hu et al. (arXiv 1709.01507), figure 1: each channel is scaled by what a small network makes of
// all channels' means.
Value squeeze_excitation(GraphBuilder& net, std::string name, Value x, std::int64_t squeezed,
                         Layer activation, Layer scale_activation);

// torchvision.ops.MLP with GELU over the last dimension, back to as many features as before.
Value mlp(GraphBuilder& net, std::string name, Value x, std::int64_t hidden,
          std::string type = "MLP");

}  // namespace engraft
