// From a graph to the operations that inference needs: dropout and flattening vanish, batch norms
// are folded into convolutions and layer scales into linear layers, activations and residual sums
// are fused, what does not depend on the picture is computed. What comes out is independent of the
// batch size and of any layout.
#pragma once

#include <optional>
#include <vector>

#include "base/tensor.h"
#include "graph/graph.h"
#include "onednn/onednn.h"

namespace engraft::infer {

struct Operation {
  enum class Kind {
    kConvolution,
    kLinear,
    kMaxPool,
    kAveragePool,
    kActivation,
    kSum,
    kMultiply,
    kConcat,
    kSlice,
    kShuffle,
    kPermute,
    kLayerNorm,
    kKernel,  // what oneDNN has no primitive for (kernels.h)
  };
  Kind kind = Kind::kActivation;
  graph::NodeId node = 0;               // where it begins: the layer's own
  graph::NodeId result = 0;             // the node whose value this computes
  std::vector<graph::NodeId> inputs;    // values: results of other operations, or the Input
  std::optional<graph::NodeId> addend;  // a value that is added before the activation (products)
  onednn::Activation activation = onednn::Activation::kNone;
  graph::Layer layer;   // where it has settings: Conv2d, Linear, a pooling, Slice, ChannelShuffle
  base::Tensor weight;  // float32
  // What each output channel's weights are multiplied by, where a batch norm or a layer scale is
  // folded in; empty: 1. (It is in the bias already.)
  std::vector<float> scale;
  base::Tensor bias;                    // always there for convolutions and linear layers
  std::vector<base::Tensor> constants;  // inputs that do not depend on the picture
};

struct Program {
  std::vector<Operation> operations;    // in an order in which they can run
  std::vector<graph::NodeId> value_of;  // for each node the node whose value is also its own
};

// Only what `outputs` need. A node among them keeps a value of its own: nothing is fused across it.
// Throws Error naming a missing or wrongly shaped parameter.
Program lower(const graph::Graph& graph, const base::StateDict& parameters,
              const std::vector<graph::NodeId>& outputs);

}  // namespace engraft::infer
