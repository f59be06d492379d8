// 8-bit inference: which values between layers are kept in 8 bits, and what their numbers stand
// for. Symmetric, without zero points; weights by output channel, activations by value. (R.
// Krishnamoorthi: Quantizing deep convolutional networks for efficient inference, 2018,
// arXiv:1806.08342.)
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "infer/compute_plan.h"
#include "infer/lower.h"
#include "onednn/onednn.h"

namespace engraft::infer {

class Quantization {
 public:
  Quantization() = default;  // nothing is quantized

  // `plan.ranges` hold the values' smallest and largest numbers. Values that a concatenation or a
  // pooling makes one, share one scale.
  Quantization(const graph::Graph& graph, const Program& program,
               const std::vector<graph::NodeId>& outputs, const ComputePlan& plan);

  // What the value's numbers stand for where it is taken in 8 bits; nothing where that is unknown.
  std::optional<onednn::Quantum> quantum(graph::NodeId value) const;

  // Whether this is a convolution on 8-bit numbers, between values that were both measured, and not
  // filtered or said to be wide. The first layer is not: pictures stay as they are. Nor is a
  // batch norm by itself, whose numbers differ too much between channels.
  bool is_quantized(const Operation& operation) const;

  // Whether all that read the value take it in 8 bits, so that it is stored so.
  bool is_stored_in_8_bits(graph::NodeId value) const { return stored_.contains(value); }

 private:
  graph::NodeId representative(graph::NodeId value) const;

  std::map<graph::NodeId, graph::NodeId> joined_;  // to another value of the same scale
  std::map<graph::NodeId, Range> ranges_;          // of representatives
  std::set<graph::NodeId> wide_;
  std::set<graph::NodeId> stored_;
};

}  // namespace engraft::infer
