#include "infer/lower.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>

#include "engraft/error.h"
#include "onednn/gemm.h"
#include "onednn/kernels.h"

namespace engraft::infer {
namespace {

using Kind = Operation::Kind;
using onednn::Activation;

base::Tensor parameter(const graph::Graph& graph, const graph::Node& node,
                       const base::StateDict& parameters, const graph::ParameterSpec& spec) {
  const std::string name = graph::full_name(node, spec);
  const auto found = parameters.find(name);
  if (found == parameters.end()) {
    throw Error(fmt::format("{}: the parameter {} {} is missing", graph.architecture, name,
                            base::to_string(spec.shape)));
  }
  if (found->second.shape() != spec.shape) {
    throw Error(fmt::format("{}: the parameter {} has the shape {} instead of {}",
                            graph.architecture, name, base::to_string(found->second.shape()),
                            base::to_string(spec.shape)));
  }
  return found->second.as_float32();
}

// What a frozen batch norm does to each channel: x · scale + shift.
struct Affine {
  std::vector<float> scale;
  std::vector<float> shift;
};

// kNone for layers that are none.
Activation activation_of(const graph::Layer& layer) {
  if (std::holds_alternative<graph::ReLU>(layer)) return Activation::kRelu;
  if (std::holds_alternative<graph::ReLU6>(layer)) return Activation::kRelu6;
  if (std::holds_alternative<graph::Hardswish>(layer)) return Activation::kHardswish;
  if (std::holds_alternative<graph::Hardsigmoid>(layer)) return Activation::kHardsigmoid;
  if (std::holds_alternative<graph::SiLU>(layer)) return Activation::kSilu;
  if (std::holds_alternative<graph::Sigmoid>(layer)) return Activation::kSigmoid;
  if (std::holds_alternative<graph::Tanh>(layer)) return Activation::kTanh;
  if (std::holds_alternative<graph::GELU>(layer)) return Activation::kGelu;
  return Activation::kNone;
}

bool is_dropout(const graph::Layer& layer) {
  return std::holds_alternative<graph::Dropout>(layer) ||
         std::holds_alternative<graph::StochasticDepth>(layer);
}

bool is_identity(const graph::Layer& layer) {
  return is_dropout(layer) || std::holds_alternative<graph::Flatten>(layer);
}

// What computes a layer that neither has parameters nor takes part in any fusion.
Kind kind_of(const graph::Layer& layer) {
  if (std::holds_alternative<graph::MaxPool2d>(layer)) return Kind::kMaxPool;
  if (std::holds_alternative<graph::AvgPool2d>(layer)) return Kind::kAveragePool;
  if (std::holds_alternative<graph::AdaptiveAvgPool2d>(layer)) return Kind::kAveragePool;
  if (std::holds_alternative<graph::Add>(layer)) return Kind::kSum;
  if (std::holds_alternative<graph::Multiply>(layer)) return Kind::kMultiply;
  if (std::holds_alternative<graph::Concat>(layer)) return Kind::kConcat;
  if (std::holds_alternative<graph::Slice>(layer)) return Kind::kSlice;
  if (std::holds_alternative<graph::ChannelShuffle>(layer)) return Kind::kShuffle;
  if (std::holds_alternative<graph::Permute>(layer)) return Kind::kPermute;
  if (onednn::has_kernel(layer)) return Kind::kKernel;
  assert(activation_of(layer) != Activation::kNone);
  return Kind::kActivation;
}

// What a linear layer or an activation makes of numbers that do not depend on the picture.
base::Tensor evaluate_constant(const Operation& operation, const base::Tensor& input) {
  if (std::holds_alternative<graph::ReLU>(operation.layer)) {
    base::Tensor result(base::DType::kFloat32, input.shape());
    std::transform(input.floats().begin(), input.floats().end(), result.mutable_floats().begin(),
                   [](float x) { return std::max(x, 0.0F); });
    return result;
  }
  const auto& linear = std::get<graph::Linear>(operation.layer);
  base::Shape shape = input.shape();
  shape.back() = linear.out_features;
  base::Tensor result(base::DType::kFloat32, shape);
  const std::span<float> out = result.mutable_floats();
  const std::int64_t rows = input.elements() / linear.in_features;
  for (std::int64_t row = 0; row < rows; ++row) {
    std::copy(operation.bias.floats().begin(), operation.bias.floats().end(),
              out.begin() + row * linear.out_features);
  }
  onednn::gemm(onednn::Transpose::kNo, onednn::Transpose::kYes, rows, linear.out_features,
               linear.in_features, input.floats().data(), operation.weight.floats().data(), 1,
               out.data());
  return result;
}

class Lowering {
 public:
  Lowering(const graph::Graph& graph, const base::StateDict& parameters,
           const std::vector<graph::NodeId>& outputs)
      : graph_(graph), parameters_(parameters), readers_(graph.nodes.size()) {
    program_.value_of.resize(graph.nodes.size());
    is_output_.resize(graph.nodes.size(), false);
    std::vector<bool> needed(graph.nodes.size(), false);
    for (const graph::NodeId output : outputs) is_output_[output] = needed[output] = true;
    for (graph::NodeId id = graph.nodes.size(); id-- > 0;) {
      if (!needed[id]) continue;
      for (const graph::NodeId input : graph.nodes[id].inputs) {
        needed[input] = true;
        readers_[input].push_back(id);
      }
    }
    done_.resize(graph.nodes.size());
    for (graph::NodeId id = 0; id < graph.nodes.size(); ++id) {
      program_.value_of[id] = id;
      done_[id] = !needed[id];
    }
  }

  Program run() {
    fold_constants();
    // Chains are found from their first node; an operation stands where the chain's last node does,
    // when everything that it reads has been computed.
    std::vector<std::optional<Operation>> at(graph_.nodes.size());
    for (graph::NodeId id = 0; id < graph_.nodes.size(); ++id) {
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
  const graph::Node& node(graph::NodeId id) const { return graph_.nodes[id]; }

  // The one node that reads `id`, dropouts apart, where its value is needed for nothing else.
  std::optional<graph::NodeId> only_reader(graph::NodeId id) const {
    do {
      if (is_output_[id] || readers_[id].size() != 1) return std::nullopt;
      id = readers_[id][0];
    } while (is_dropout(node(id).layer));
    return id;
  }

  // The node whose value `id` is, dropouts apart.
  graph::NodeId before_dropouts(graph::NodeId id) const {
    while (is_dropout(node(id).layer)) id = node(id).inputs[0];
    return id;
  }

  bool is_constant(graph::NodeId id) const { return constants_.contains(id); }

  std::vector<graph::NodeId> values(const std::vector<graph::NodeId>& nodes) const {
    std::vector<graph::NodeId> result;
    for (const graph::NodeId id : nodes) {
      if (!is_constant(id)) result.push_back(program_.value_of[id]);
    }
    return result;
  }

  std::vector<base::Tensor> constants_among(const std::vector<graph::NodeId>& nodes) const {
    std::vector<base::Tensor> result;
    for (const graph::NodeId id : nodes) {
      if (is_constant(id)) result.push_back(constants_.at(id));
    }
    return result;
  }

  // Computes what does not depend on the picture: parameters by themselves, and the small network
  // of Swin V2's position biases.
  void fold_constants() {
    for (graph::NodeId id = 0; id < graph_.nodes.size(); ++id) {
      const graph::Layer& layer = node(id).layer;
      if (done_[id] || std::holds_alternative<graph::Input>(layer)) continue;
      const std::vector<graph::NodeId>& inputs = node(id).inputs;
      const bool constant = std::all_of(inputs.begin(), inputs.end(),
                                        [&](graph::NodeId in) { return is_constant(in); });
      if (!constant) continue;
      done_[id] = true;
      if (inputs.empty()) {
        const base::Tensor fixed = graph::fixed_values(layer);
        constants_[id] =
            fixed.empty() ? parameter(graph_, node(id), parameters_, graph::parameters_of(layer)[0])
                          : fixed;
        continue;
      }
      Operation operation;
      operation.layer = layer;
      if (std::holds_alternative<graph::Linear>(layer)) load_weights(operation, id);
      constants_[id] = evaluate_constant(operation, constants_.at(inputs[0]));
    }
  }

  Affine affine_of(graph::NodeId id) const {
    const auto& norm = std::get<graph::BatchNorm2d>(node(id).layer);
    std::vector<base::Tensor> tensors;  // weight, bias, mean, variance
    for (const graph::ParameterSpec& spec : graph::parameters_of(norm)) {
      if (spec.dtype == base::DType::kFloat32) {
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

  void load_weights(Operation& operation, graph::NodeId id) const {
    const std::vector<graph::ParameterSpec> specs = graph::parameters_of(node(id).layer);
    operation.weight = parameter(graph_, node(id), parameters_, specs[0]);
    operation.bias = specs.size() > 1 ? parameter(graph_, node(id), parameters_, specs[1])
                                      : base::Tensor(base::DType::kFloat32, {specs[0].shape[0]});
    const auto* linear = std::get_if<graph::Linear>(&operation.layer);
    if (linear != nullptr && linear->role == graph::Linear::Role::kUnbiasedKeys) {
      std::vector<float> bias(operation.bias.floats().begin(), operation.bias.floats().end());
      const auto third = static_cast<std::ptrdiff_t>(bias.size() / 3);
      std::fill(bias.begin() + third, bias.begin() + 2 * third, 0.0F);
      operation.bias = base::Tensor::from(bias, operation.bias.shape());
    }
  }

  // Scales and shifts what each output channel of a product gives.
  static void fold(Operation& product, const Affine& affine) {
    base::Tensor bias(base::DType::kFloat32, product.bias.shape());
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
  graph::NodeId take_activation(Operation& operation, graph::NodeId id) {
    const auto next = only_reader(id);
    if (!next) return id;
    const Activation activation = activation_of(node(*next).layer);
    if (activation == Activation::kNone) return id;
    operation.activation = activation;
    done_[*next] = true;
    return *next;
  }

  // Fuses a following sum of two values, of which the other is computed before.
  graph::NodeId take_addend(Operation& operation, graph::NodeId id) {
    const auto next = only_reader(id);
    if (!next || !std::holds_alternative<graph::Add>(node(*next).layer)) return id;
    const std::vector<graph::NodeId>& terms = node(*next).inputs;
    if (terms.size() != 2 || terms[0] == terms[1]) return id;
    const graph::NodeId other = before_dropouts(terms[0]) == id ? terms[1] : terms[0];
    // The other chain may have taken this very sum already.
    if (done_[*next]) return id;
    done_[*next] = true;
    operation.addend = other;  // a node; made a value once all chains are known
    return *next;
  }

  // Folds a following layer scale into a linear layer, be its result permuted before or not.
  graph::NodeId take_scale(Operation& operation, graph::NodeId id) {
    auto next = only_reader(id);
    std::optional<graph::NodeId> permuted;
    if (next && std::holds_alternative<graph::Permute>(node(*next).layer)) {
      permuted = next;
      next = only_reader(*next);
    }
    if (!next || !std::holds_alternative<graph::Multiply>(node(*next).layer)) return id;
    const graph::NodeId factor = node(*next).inputs[1];
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

  std::optional<Operation> lower_node(graph::NodeId id) {
    done_[id] = true;
    const graph::Layer& layer = node(id).layer;
    Operation operation;
    operation.node = id;
    operation.layer = layer;
    operation.inputs = node(id).inputs;
    graph::NodeId last = id;
    if (std::holds_alternative<graph::Input>(layer)) return std::nullopt;
    if (is_identity(layer)) {
      program_.value_of[id] = program_.value_of[node(id).inputs[0]];
      return std::nullopt;
    }
    if (std::holds_alternative<graph::Conv2d>(layer)) {
      operation.kind = Kind::kConvolution;
      load_weights(operation, id);
      const auto next = only_reader(id);
      if (next && std::holds_alternative<graph::BatchNorm2d>(node(*next).layer)) {
        fold(operation, affine_of(*next));
        done_[*next] = true;
        last = *next;
      }
      last = take_addend(operation, last);
      last = take_activation(operation, last);
    } else if (std::holds_alternative<graph::BatchNorm2d>(layer)) {
      last = lower_batch_norm(operation, id);
    } else if (std::holds_alternative<graph::Linear>(layer)) {
      operation.kind = Kind::kLinear;
      load_weights(operation, id);
      last = take_scale(operation, last);
      last = take_addend(operation, last);
      last = take_activation(operation, last);
    } else if (std::holds_alternative<graph::LayerNorm>(layer)) {
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
  graph::NodeId lower_batch_norm(Operation& operation, graph::NodeId id) {
    const Affine affine = affine_of(id);
    const std::int64_t channels = std::ssize(affine.scale);
    operation.kind = Kind::kConvolution;
    operation.layer =
        graph::Conv2d{.in_channels = channels, .out_channels = channels, .groups = channels};
    operation.weight = base::Tensor::from(affine.scale, {channels, 1, 1, 1});
    operation.bias = base::Tensor::from(affine.shift, {channels});
    return take_activation(operation, id);
  }

  const graph::Graph& graph_;
  const base::StateDict& parameters_;
  std::vector<std::vector<graph::NodeId>> readers_;
  std::vector<bool> is_output_;
  std::vector<bool> done_;  // not needed, constant, or part of an operation
  std::map<graph::NodeId, base::Tensor> constants_;
  Program program_;
};

}  // namespace

Program lower(const graph::Graph& graph, const base::StateDict& parameters,
              const std::vector<graph::NodeId>& outputs) {
  return Lowering(graph, parameters, outputs).run();
}

}  // namespace engraft::infer
