#include "infer/quantization.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace engraft::infer {
namespace {

using Kind = Operation::Kind;

bool joins(const Operation& operation) {
  return operation.kind == Kind::kConcat || operation.kind == Kind::kMaxPool;
}

}  // namespace

Quantization::Quantization(const graph::Graph& graph, const Program& program,
                           const std::vector<graph::NodeId>& outputs, const ComputePlan& plan) {
  for (const Operation& operation : program.operations) {
    if (!joins(operation)) continue;
    for (const graph::NodeId input : operation.inputs) {
      const graph::NodeId one = representative(input);
      const graph::NodeId other = representative(operation.result);
      if (one != other) joined_[one] = other;
    }
  }
  std::set<graph::NodeId> unknown;
  const auto take = [&](graph::NodeId value) {
    const auto found = plan.ranges.find(value);
    const graph::NodeId group = representative(value);
    if (found == plan.ranges.end()) {
      unknown.insert(group);
      return;
    }
    ranges_[group].widen(found->second);
    if (found->second.wide) wide_.insert(value);
  };
  for (const Operation& operation : program.operations) {
    take(operation.result);
    if (plan.filtered.contains(graph.nodes[operation.node].name)) wide_.insert(operation.result);
  }
  for (const graph::NodeId group : unknown) ranges_.erase(group);
  ranges_.erase(representative(0));  // the pictures

  // Backwards: whether a value is stored in 8 bits depends on those made of it.
  std::set<graph::NodeId> wider;
  for (const graph::NodeId output : outputs) wider.insert(program.value_of[output]);
  std::set<graph::NodeId> read;
  for (std::size_t i = program.operations.size(); i-- > 0;) {
    const Operation& operation = program.operations[i];
    const bool stored = read.contains(operation.result) && !wider.contains(operation.result) &&
                        quantum(operation.result).has_value();
    if (stored) stored_.insert(operation.result);
    const bool takes = is_quantized(operation) || (joins(operation) && stored);
    for (const graph::NodeId input : operation.inputs) {
      read.insert(input);
      if (!takes) wider.insert(input);
    }
    if (operation.addend) {
      read.insert(*operation.addend);
      if (!is_quantized(operation)) wider.insert(*operation.addend);
    }
  }
}

graph::NodeId Quantization::representative(graph::NodeId value) const {
  auto found = joined_.find(value);
  while (found != joined_.end()) {
    value = found->second;
    found = joined_.find(value);
  }
  return value;
}

std::optional<onednn::Quantum> Quantization::quantum(graph::NodeId value) const {
  const auto found = ranges_.find(representative(value));
  if (found == ranges_.end()) return std::nullopt;
  const float low = found->second.low;
  const float high = found->second.high;
  const float largest = std::max(high, -low);
  if (!(largest > 0) || !std::isfinite(largest)) return std::nullopt;
  if (low < 0) return onednn::Quantum{onednn::Type::s8, largest / 127};
  return onednn::Quantum{onednn::Type::u8, largest / (onednn::multiplies_int8() ? 255.0F : 127.0F)};
}

bool Quantization::is_quantized(const Operation& operation) const {
  if (operation.kind != Kind::kConvolution || operation.inputs[0] == 0) return false;
  const auto& conv = std::get<graph::Conv2d>(operation.layer);
  const bool by_itself = conv.kernel == graph::Pair(1) && conv.groups == conv.in_channels;
  return !by_itself && !wide_.contains(operation.result) && quantum(operation.inputs[0]) &&
         quantum(operation.result);
}

}  // namespace engraft::infer
