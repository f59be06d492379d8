#include <algorithm>
#include <cmath>
#include <limits>

#include "engraft/error.h"
#include "onnx/operators.h"

namespace engraft::onnx {
namespace {

void require(bool holds, const char* problem) {
  if (!holds) throw Error(problem);
}

graph::Pair pair_or(const OnnxNode& node, const char* attribute, std::int64_t otherwise) {
  const auto found = node.attributes.find(attribute);
  if (found == node.attributes.end()) return otherwise;
  const std::vector<std::int64_t>& values = found->second.integers;
  require(values.size() == 2, "only two-dimensional windows are supported");
  return {values[0], values[1]};
}

// Equal on opposite sides.
graph::Pair padding_of(const OnnxNode& node) {
  const auto mode = node.attributes.find("auto_pad");
  if (mode != node.attributes.end() && mode->second.text != "NOTSET") {
    require(mode->second.text == "VALID", "auto_pad SAME is not supported; give pads");
    return 0;
  }
  const auto found = node.attributes.find("pads");
  if (found == node.attributes.end()) return 0;
  const std::vector<std::int64_t>& pads = found->second.integers;
  require(pads.size() == 4 && pads[0] == pads[2] && pads[1] == pads[3],
          "padding that differs between opposite sides is not supported");
  return {pads[0], pads[1]};
}

std::int64_t sum(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  require(!__builtin_add_overflow(a, b, &result), "its padding is far too large");
  return result;
}

graph::Pair sum(graph::Pair a, graph::Pair b) {
  return {sum(a.height, b.height), sum(a.width, b.width)};
}

std::string input_name(const OnnxNode& node, std::size_t input) {
  return input < node.inputs.size() ? node.inputs[input] : "";
}

std::vector<float> negated(std::vector<float> values) {
  for (float& value : values) value = -value;
  return values;
}

}  // namespace

std::int64_t integer(const OnnxNode& node, const char* attribute, std::int64_t otherwise) {
  const auto found = node.attributes.find(attribute);
  return found == node.attributes.end() ? otherwise : found->second.integer;
}

float real(const OnnxNode& node, const char* attribute, float otherwise) {
  const auto found = node.attributes.find(attribute);
  return found == node.attributes.end() ? otherwise : found->second.real;
}

void Operators::conv(Conversion& to, const OnnxNode& node) {
  const base::Tensor weight = to.floats(node, 1);
  require(weight.shape().size() == 4, "only two-dimensional convolutions are supported");
  const std::int64_t groups = integer(node, "group", 1);
  const base::Shape& shape = weight.shape();
  const bool biased = !input_name(node, 2).empty();
  const auto [x, around] = to.padded(node);
  const graph::Conv2d layer{.in_channels = base::element_count({shape[1], groups}),
                            .out_channels = shape[0],
                            .kernel = {shape[2], shape[3]},
                            .stride = pair_or(node, "strides", 1),
                            .padding = sum(padding_of(node), around),
                            .dilation = pair_or(node, "dilations", 1),
                            .groups = groups,
                            .bias = biased};
  Conversion::Parameters parameters{{"weight", weight}};
  if (biased) parameters.emplace_back("bias", to.floats(node, 2));
  to.bind(node, to.append(node, layer, {x}, parameters, node.inputs[1]));
}

void Operators::gemm(Conversion& to, const OnnxNode& node) {
  require(integer(node, "transA", 0) == 0, "transA is not supported");
  require(real(node, "alpha", 1) == 1 && real(node, "beta", 1) == 1,
          "alpha and beta other than 1 are not supported");
  const bool as_stored = integer(node, "transB", 0) != 0;
  const base::Tensor weight = as_stored ? to.floats(node, 1) : to.transposed(node, 1);
  require(weight.shape().size() == 2, "its second input is no matrix");
  const bool biased = !input_name(node, 2).empty();
  const graph::Linear layer{
      .in_features = weight.shape()[1], .out_features = weight.shape()[0], .bias = biased};
  Conversion::Parameters parameters{{"weight", weight}};
  if (biased) {
    parameters.emplace_back("bias", to.floats(node, 2).reshaped({layer.out_features}));
  }
  to.bind(node, to.append(node, layer, {to.value(node)}, parameters, node.inputs[1]));
}

void Operators::matmul(Conversion& to, const OnnxNode& node) {
  require(to.is_constant(node, 1), "the product of two values (as in attention) is not supported");
  const base::Tensor weight = to.transposed(node, 1);
  const graph::Linear layer{
      .in_features = weight.shape()[1], .out_features = weight.shape()[0], .bias = false};
  to.bind(node, to.append(node, layer, {to.value(node)}, {{"weight", weight}}, node.inputs[1]));
}

void Operators::batch_norm(Conversion& to, const OnnxNode& node) {
  require(integer(node, "training_mode", 0) == 0, "it is in training mode; export in eval()");
  const graph::NodeId x = to.value(node);
  require(to.shape(x).size() == 4, "only batch norms of pictures are supported");
  const graph::BatchNorm2d layer{.features = to.shape(x)[1], .eps = real(node, "epsilon", 1e-5F)};
  to.bind(node,
          to.append(node, layer, {x},
                    {{"weight", to.floats(node, 1)},
                     {"bias", to.floats(node, 2)},
                     {"running_mean", to.floats(node, 3)},
                     {"running_var", to.floats(node, 4)},
                     {"num_batches_tracked", base::Tensor(base::DType::kInt64, base::Shape{})}},
                    node.inputs[1]));
}

void Operators::layer_norm(Conversion& to, const OnnxNode& node) {
  const graph::NodeId x = to.value(node);
  const std::int64_t axis = integer(node, "axis", -1);
  require(axis == -1 || axis == std::ssize(to.shape(x)) - 1,
          "only the last dimension is supported");
  const base::Tensor weight = to.floats(node, 1);
  const base::Tensor bias = input_name(node, 2).empty()
                                ? base::Tensor(base::DType::kFloat32, weight.shape())
                                : to.floats(node, 2);
  const graph::LayerNorm layer{.features = weight.elements(), .eps = real(node, "epsilon", 1e-5F)};
  to.bind(node, to.append(node, layer, {x}, {{"weight", weight}, {"bias", bias}}, node.inputs[1]));
}

void Operators::max_pool(Conversion& to, const OnnxNode& node) {
  require(pair_or(node, "dilations", 1) == graph::Pair(1), "dilated pooling is not supported");
  require(node.outputs.size() == 1, "its indices are not supported");
  const graph::MaxPool2d layer{.kernel = pair_or(node, "kernel_shape", 1),
                               .stride = pair_or(node, "strides", 1),
                               .padding = padding_of(node),
                               .ceil_mode = integer(node, "ceil_mode", 0) != 0};
  to.bind(node, to.append(node, layer, {to.value(node)}));
}

// The zeros of a Pad before it count in its means, as in PyTorch's default.
void Operators::average_pool(Conversion& to, const OnnxNode& node) {
  const auto [x, around] = to.padded(node);
  const graph::Pair own = padding_of(node);
  require(integer(node, "ceil_mode", 0) == 0, "ceil_mode is not supported");
  require(own == graph::Pair(0) || integer(node, "count_include_pad", 0) != 0,
          "means that leave the padding out are not supported");
  const graph::AvgPool2d layer{.kernel = pair_or(node, "kernel_shape", 1),
                               .stride = pair_or(node, "strides", 1),
                               .padding = sum(own, around)};
  to.bind(node, to.append(node, layer, {x}));
}

void Operators::global_average_pool(Conversion& to, const OnnxNode& node) {
  to.bind(node, to.append(node, graph::AdaptiveAvgPool2d{1}, {to.value(node)}));
}

void Operators::reduce_mean(Conversion& to, const OnnxNode& node) {
  const graph::NodeId x = to.value(node);
  std::vector<std::int64_t> axes = to.list(node, "axes", 1);
  for (std::int64_t& axis : axes) axis += axis < 0 ? std::ssize(to.shape(x)) : 0;
  std::sort(axes.begin(), axes.end());
  require(to.shape(x).size() == 4 && axes == std::vector<std::int64_t>{2, 3},
          "only means over height and width are supported");
  const graph::NodeId mean = to.append(node, graph::AdaptiveAvgPool2d{1}, {x});
  const bool keeps = integer(node, "keepdims", 1) != 0;
  to.bind(node, keeps ? mean : to.append(node, graph::Flatten{}, {mean}));
}

void Operators::clip(Conversion& to, const OnnxNode& node) {
  constexpr float kNone = std::numeric_limits<float>::max();
  const auto bound = [&](const char* attribute, std::size_t input, float otherwise) {
    if (!input_name(node, input).empty()) return to.number(node, input);
    return real(node, attribute, otherwise);
  };
  const float low = bound("min", 1, -kNone);
  const float high = bound("max", 2, kNone);
  require(low == 0 && (high == 6 || high >= kNone), "only bounds of 0 and 6 are supported");
  const graph::Layer layer = high == 6 ? graph::Layer(graph::ReLU6{}) : graph::Layer(graph::ReLU{});
  to.bind(node, to.append(node, layer, {to.value(node)}));
}

void Operators::hard_sigmoid(Conversion& to, const OnnxNode& node) {
  require(
      std::abs(real(node, "alpha", 0.2F) - 1.0F / 6) < 1e-6F && real(node, "beta", 0.5F) == 0.5F,
      "only alpha = 1/6 and beta = 1/2 are supported");
  to.bind(node, to.append(node, graph::Hardsigmoid{}, {to.value(node)}));
}

void Operators::add(Conversion& to, const OnnxNode& node) {
  const bool first = to.is_constant(node, 0);
  if (!first && !to.is_constant(node, 1)) {
    return to.bind(node, to.append(node, graph::Add{}, {to.value(node, 0), to.value(node, 1)}));
  }
  const graph::NodeId x = to.value(node, first ? 1 : 0);
  const std::size_t input = first ? 0 : 1;
  const Conversion::Operand operand = to.operand(node, input, x);
  const std::vector<float>& numbers = operand.numbers;
  // A bias that was exported apart from its matrix product.
  graph::Node& producer = to.graph_.nodes[x];
  auto* linear = std::get_if<graph::Linear>(&producer.layer);
  if (linear != nullptr && !linear->bias && std::ssize(numbers) == linear->out_features &&
      operand.dimension == to.shape(x).size() - 1 && x + 1 == to.graph_.nodes.size()) {
    linear->bias = true;
    to.parameters_[producer.module + ".bias"] = base::Tensor::from(numbers, {linear->out_features});
    return to.bind(node, x);
  }
  to.bind(node, to.append_affine(node, x, {1}, to.per_channel(node, input, x)));
}

void Operators::subtract(Conversion& to, const OnnxNode& node) {
  require(to.is_constant(node, 1), "only the subtraction of constants is supported");
  const graph::NodeId x = to.value(node);
  to.bind(node, to.append_affine(node, x, {1}, negated(to.per_channel(node, 1, x))));
}

void Operators::multiply(Conversion& to, const OnnxNode& node) {
  const bool first = to.is_constant(node, 0);
  if (first || to.is_constant(node, 1)) {
    const graph::NodeId x = to.value(node, first ? 1 : 0);
    return to.bind(node, to.append_affine(node, x, to.per_channel(node, first ? 0 : 1, x), {0}));
  }
  graph::NodeId x = to.value(node, 0);
  graph::NodeId scale = to.value(node, 1);
  if (base::element_count(to.shape(x)) < base::element_count(to.shape(scale))) std::swap(x, scale);
  to.bind(node, to.append(node, graph::Multiply{}, {x, scale}));
}

void Operators::divide(Conversion& to, const OnnxNode& node) {
  require(to.is_constant(node, 1), "only the division by constants is supported");
  const graph::NodeId x = to.value(node);
  std::vector<float> scale = to.per_channel(node, 1, x);
  for (float& value : scale) value = 1 / value;
  to.bind(node, to.append_affine(node, x, scale, {0}));
}

}  // namespace engraft::onnx
