#include "infer/lower.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>

#include "engraft/error.h"
#include "onednn/gemm.h"
#include "onednn/kernels.h"

namespace engraft {
namespace {

using Kind = Operation::Kind;
using onednn::Activation;

Tensor parameter(const Graph& graph, const Node& node, const StateDict& parameters,
                 const ParameterSpec& spec) {
  const std::string name = full_name(node, spec);
  const auto found = parameters.find(name);
  if (found == parameters.end()) {
    throw Error(fmt::format("{}: the parameter {} {} is missing", graph.architecture, name,
                            to_string(spec.shape)));
  }
  if (found->second.shape() != spec.shape) {
    throw Error(fmt::format("{}: the parameter {} has the shape {} instead of {}",
                            graph.architecture, name, to_string(found->second.shape()),
                            to_string(spec.shape)));
  }
  return found->second.as_float32();
}

// What a frozen batch norm does to each channel: x · scale + shift.
struct Affine {
  std::vector<float> scale;
  std::vector<float> shift;
};

// kNone for layers that are none.
Activation activation_of(const Layer& layer) {
  if (std::holds_alternative<ReLU>(layer)) return Activation::kRelu;
  if (std::holds_alternative<ReLU6>(layer)) return Activation::kRelu6;
  if (std::holds_alternative<Hardswish>(layer)) return Activation::kHardswish;
  if (std::holds_alternative<Hardsigmoid>(layer)) return Activation::kHardsigmoid;
  if (std::holds_alternative<SiLU>(layer)) return Activation::kSilu;
  if (std::holds_alternative<Sigmoid>(layer)) return Activation::kSigmoid;
  if (std::holds_alternative<Tanh>(layer)) return Activation::kTanh;
  if (std::holds_alternative<GELU>(layer)) return Activation::kGelu;
  return Activation::kNone;
}

bool is_dropout(const Layer& layer) {
  return std::holds_alternative<Dropout>(layer) || std::holds_alternative<StochasticDepth>(layer);
}

bool is_identity(const Layer& layer) {
  return is_dropout(layer) || std::holds_alternative<Flatten>(layer);
}

// What computes a layer that neither has parameters nor takes part in any fusion.
Kind kind_of(const Layer& layer) {
  if (std::holds_alternative<MaxPool2d>(layer)) return Kind::kMaxPool;
  if (std::holds_alternative<AvgPool2d>(layer)) return Kind::kAveragePool;
  if (std::holds_alternative<AdaptiveAvgPool2d>(layer)) return Kind::kAveragePool;
  if (std::holds_alternative<Add>(layer)) return Kind::kSum;
  if (std::holds_alternative<Multiply>(layer)) return Kind::kMultiply;
  if (std::holds_alternative<Concat>(layer)) return Kind::kConcat;
  if (std::holds_alternative<Slice>(layer)) return Kind::kSlice;
  if (std::holds_alternative<ChannelShuffle>(layer)) return Kind::kShuffle;
  if (std::holds_alternative<Permute>(layer)) return Kind::kPermute;
  if (has_kernel(layer)) return Kind::kKernel;
  assert(activation_of(layer) != Activation::kNone);
  return Kind::kActivation;
}

// What a linear layer or an activation makes of numbers that do not depend on the picture.
Tensor evaluate_constant(const Operation& operation, const Tensor& input) {
  if (std::holds_alternative<ReLU>(operation.layer)) {
    Tensor result(DType::kFloat32, input.shape());
    std::transform(input.floats().begin(), input.floats().end(), result.mutable_floats().begin(),
                   [](float x) { return std::max(x, 0.0F); });
    return result;
  }
  const auto& linear = std::get<Linear>(operation.layer);
  Shape shape = input.shape();
  shape.back() = linear.out_features;
  Tensor result(DType::kFloat32, shape);
  const std::span<float> out = result.mutable_floats();
  const std::int64_t rows = input.elements() / linear.in_features;
  for (std::int64_t row = 0; row < rows; ++row) {
    std::copy(operation.bias.floats().begin(), operation.bias.floats().end(),
              out.begin() + row * linear.out_features);
  }
  gemm(Transpose::kNo, Transpose::kYes, rows, linear.out_features, linear.in_features,
       input.floats().data(), operation.weight.floats().data(), 1, out.data());
  return result;
}

class Lowering {
 public:
  Lowering(const Graph& graph, const StateDict& parameters, const std::vector<NodeId>& outputs)
      : graph_(graph), parameters_(parameters), readers_(graph.nodes.size()) {
    program_.value_of.resize(graph.nodes.size());
    is_output_.resize(graph.nodes.size(), false);
    std::vector<bool> needed(graph.nodes.size(), false);
    for (const NodeId output : outputs) is_output_[output] = needed[output] = true;
    for (NodeId id = graph.nodes.size(); id-- > 0;) {
      if (!needed[id]) continue;
      for (const NodeId input : graph.nodes[id].inputs) {
        needed[input] = true;
        readers_[input].push_back(id);
      }
    }
    done_.resize(graph.nodes.size());
    for (NodeId id = 0; id < graph.nodes.size(); ++id) {
      program_.value_of[id] = id;
      done_[id] = !needed[id];
    }
  }

  Program run() {
    fold_constants();
    // Chains are found from their first node; an operation stands where the chain's last node does,
    // when everything that it reads has been computed.
    std::vector<std::optional<Operation>> at(graph_.nodes.size());
    for (NodeId id = 0; id < graph_.nodes.size(); ++id) {
      if (done_[id]) continue;
      if (std::optional<Operation> operation = lower_node(id)) {
        at[operation->result] = std::move(operation);
      }
    }
    for (std::optional<Operation>& operation : at) {
      if (!operation) continue;
      if (operation->addend) operation->addend = program_.value_of[*operation->addend];
      program_.operations.push_back(std::move(*operation));
    }
    return std::move(program_);
  }

 private:
  const Node& node(NodeId id) const { return graph_.nodes[id]; }

  // The one node that reads `id`, dropouts apart, where its value is needed for nothing else.
  std::optional<NodeId> only_reader(NodeId id) const {
    do {
      if (is_output_[id] || readers_[id].size() != 1) return std::nullopt;
      id = readers_[id][0];
    } while (is_dropout(node(id).layer));
    return id;
  }

  // The node whose value `id` is, dropouts apart.
  NodeId before_dropouts(NodeId id) const {
    while (is_dropout(node(id).layer)) id = node(id).inputs[0];
    return id;
  }

  bool is_constant(NodeId id) const { return constants_.contains(id); }

  std::vector<NodeId> values(const std::vector<NodeId>& nodes) const {
    std::vector<NodeId> result;
    for (const NodeId id : nodes) {
      if (!is_constant(id)) result.push_back(program_.value_of[id]);
    }
    return result;
  }

  std::vector<Tensor> constants_among(const std::vector<NodeId>& nodes) const {
    std::vector<Tensor> result;
    for (const NodeId id : nodes) {
      if (is_constant(id)) result.push_back(constants_.at(id));
    }
    return result;
  }

  // Computes what does not depend on the picture: parameters by themselves, and the small network
  // of Swin V2's position biases.
  void fold_constants() {
    for (NodeId id = 0; id < graph_.nodes.size(); ++id) {
      const Layer& layer = node(id).layer;
      if (done_[id] || std::holds_alternative<Input>(layer)) continue;
      const std::vector<NodeId>& inputs = node(id).inputs;
      const bool constant =
          std::all_of(inputs.begin(), inputs.end(), [&](NodeId in) { return is_constant(in); });
      if (!constant) continue;
      done_[id] = true;
      if (inputs.empty()) {
        const Tensor fixed = fixed_values(layer);
        constants_[id] = fixed.empty()
                             ? parameter(graph_, node(id), parameters_, parameters_of(layer)[0])
                             : fixed;
        continue;
      }
      Operation operation;
      operation.layer = layer;
      if (std::holds_alternative<Linear>(layer)) load_weights(operation, id);
      constants_[id] = evaluate_constant(operation, constants_.at(inputs[0]));
    }
  }

  Affine affine_of(NodeId id) const {
    const auto& norm = std::get<BatchNorm2d>(node(id).layer);
    std::vector<Tensor> tensors;  // weight, bias, mean, variance
    for (const ParameterSpec& spec : parameters_of(norm)) {
      if (spec.dtype == DType::kFloat32) {
        tensors.push_back(parameter(graph_, node(id), parameters_, spec));
      }
    }
    Affine affine;
    for (std::size_t c = 0; c < static_cast<std::size_t>(norm.features); ++c) {
      const double scale = tensors[0].floats()[c] /
                           std::sqrt(static_cast<double>(tensors[3].floats()[c]) + norm.eps);
      affine.scale.push_back(static_cast<float>(scale));
      affine.shift.push_back(
          static_cast<float>(tensors[1].floats()[c] - scale * tensors[2].floats()[c]));
    }
    return affine;
  }

  void load_weights(Operation& operation, NodeId id) const {
    const std::vector<ParameterSpec> specs = parameters_of(node(id).layer);
    operation.weight = parameter(graph_, node(id), parameters_, specs[0]);
    operation.bias = specs.size() > 1 ? parameter(graph_, node(id), parameters_, specs[1])
                                      : Tensor(DType::kFloat32, {specs[0].shape[0]});
    const auto* linear = std::get_if<Linear>(&operation.layer);
    if (linear != nullptr && linear->role == Linear::Role::kUnbiasedKeys) {
      std::vector<float> bias(operation.bias.floats().begin(), operation.bias.floats().end());
      const auto third = static_cast<std::ptrdiff_t>(bias.size() / 3);
      std::fill(bias.begin() + third, bias.begin() + 2 * third, 0.0F);
      operation.bias = Tensor::from(bias, operation.bias.shape());
    }
  }

  // Scales and shifts what each output channel of a product gives.
  static void fold(Operation& product, const Affine& affine) {
    Tensor bias(DType::kFloat32, product.bias.shape());
    const std::span<const float> old_bias = product.bias.floats();
    const std::span<float> new_bias = bias.mutable_floats();
    product.scale.resize(affine.scale.size(), 1);
    for (std::size_t c = 0; c < affine.scale.size(); ++c) {
      product.scale[c] *= affine.scale[c];
      new_bias[c] = old_bias[c] * affine.scale[c] + affine.shift[c];
    }
    product.bias = bias;
  }

  // Fuses a following activation; returns the last node of the chain.
  NodeId take_activation(Operation& operation, NodeId id) {
    const auto next = only_reader(id);
    if (!next) return id;
    const Activation activation = activation_of(node(*next).layer);
    if (activation == Activation::kNone) return id;
    operation.activation = activation;
    done_[*next] = true;
    return *next;
  }

  // Fuses a following sum of two values, of which the other is computed before.
  NodeId take_addend(Operation& operation, NodeId id) {
    const auto next = only_reader(id);
    if (!next || !std::holds_alternative<Add>(node(*next).layer)) return id;
    const std::vector<NodeId>& terms = node(*next).inputs;
    if (terms.size() != 2 || terms[0] == terms[1]) return id;
    const NodeId other = before_dropouts(terms[0]) == id ? terms[1] : terms[0];
    // The other chain may have taken this very sum already.
    if (done_[*next]) return id;
    done_[*next] = true;
    operation.addend = other;  // a node; made a value once all chains are known
    return *next;
  }

  // Folds a following layer scale into a linear layer, be its result permuted before or not.
  NodeId take_scale(Operation& operation, NodeId id) {
    auto next = only_reader(id);
    std::optional<NodeId> permuted;
    if (next && std::holds_alternative<Permute>(node(*next).layer)) {
      permuted = next;
      next = only_reader(*next);
    }
    if (!next || !std::holds_alternative<Multiply>(node(*next).layer)) return id;
    const NodeId factor = node(*next).inputs[1];
    if (!is_constant(factor) || operation.bias.elements() != constants_.at(factor).elements()) {
      return id;
    }
    const std::span<const float> scale = constants_.at(factor).floats();
    fold(operation, {{scale.begin(), scale.end()}, std::vector<float>(scale.size())});
    done_[*next] = true;
    if (!permuted) return *next;
    program_.value_of[*next] = *permuted;
    return id;
  }

  std::optional<Operation> lower_node(NodeId id) {
    done_[id] = true;
    const Layer& layer = node(id).layer;
    Operation operation;
    operation.layer = layer;
    operation.inputs = node(id).inputs;
    NodeId last = id;
    if (std::holds_alternative<Input>(layer)) return std::nullopt;
    if (is_identity(layer)) {
      program_.value_of[id] = program_.value_of[node(id).inputs[0]];
      return std::nullopt;
    }
    if (std::holds_alternative<Conv2d>(layer)) {
      operation.kind = Kind::kConvolution;
      load_weights(operation, id);
      const auto next = only_reader(id);
      if (next && std::holds_alternative<BatchNorm2d>(node(*next).layer)) {
        fold(operation, affine_of(*next));
        done_[*next] = true;
        last = *next;
      }
      last = take_addend(operation, last);
      last = take_activation(operation, last);
    } else if (std::holds_alternative<BatchNorm2d>(layer)) {
      last = lower_batch_norm(operation, id);
    } else if (std::holds_alternative<Linear>(layer)) {
      operation.kind = Kind::kLinear;
      load_weights(operation, id);
      last = take_scale(operation, last);
      last = take_addend(operation, last);
      last = take_activation(operation, last);
    } else if (std::holds_alternative<LayerNorm>(layer)) {
      operation.kind = Kind::kLayerNorm;
      load_weights(operation, id);
    } else {
      operation.kind = kind_of(layer);
      operation.activation = activation_of(layer);
    }
    // Inputs precede the chain, so that their values are settled.
    operation.constants = constants_among(operation.inputs);
    operation.inputs = values(operation.inputs);
    // A product with a layer scale that could not be folded.
    if (operation.kind == Kind::kMultiply && !operation.constants.empty()) {
      operation.kind = Kind::kKernel;
    }
    operation.result = last;
    return operation;
  }

  // A batch norm without a convolution before it: a depthwise 1 × 1 convolution.
  NodeId lower_batch_norm(Operation& operation, NodeId id) {
    const Affine affine = affine_of(id);
    const std::int64_t channels = std::ssize(affine.scale);
    operation.kind = Kind::kConvolution;
    operation.layer = Conv2d{.in_channels = channels, .out_channels = channels, .groups = channels};
    operation.weight = Tensor::from(affine.scale, {channels, 1, 1, 1});
    operation.bias = Tensor::from(affine.shift, {channels});
    return take_activation(operation, id);
  }

  const Graph& graph_;
  const StateDict& parameters_;
  std::vector<std::vector<NodeId>> readers_;
  std::vector<bool> is_output_;
  std::vector<bool> done_;  // not needed, constant, or part of an operation
  std::map<NodeId, Tensor> constants_;
  Program program_;
};

}  // namespace

Program lower(const Graph& graph, const StateDict& parameters, const std::vector<NodeId>& outputs) {
  return Lowering(graph, parameters, outputs).run();
}

}  // namespace engraft
