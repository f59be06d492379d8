#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "engraft/error.h"
#include "onnx/operators.h"

namespace engraft::onnx {
namespace {

void require(bool holds, const char* problem) {
  if (!holds) throw Error(problem);
}

std::int64_t product(std::int64_t a, std::int64_t b) { return base::element_count({a, b}); }

}  // namespace

// Dropout too: its mask is nobody's in evaluation.
void Operators::identity(Conversion& to, const OnnxNode& node) {
  if (const Conversion::Grouped* group = to.grouped(node)) return to.bind(node, *group);
  to.bind(node, to.value(node));
}

void Operators::pad(Conversion& to, const OnnxNode& node) {
  const graph::NodeId x = to.value(node);
  const auto mode = node.attributes.find("mode");
  require(mode == node.attributes.end() || mode->second.text == "constant",
          "only padding with zeros is supported");
  const bool has_value = node.inputs.size() > 2 && !node.inputs[2].empty();
  require((has_value ? to.number(node, 2) : real(node, "value", 0)) == 0,
          "only padding with zeros is supported");
  const std::vector<std::int64_t> pads = to.list(node, "pads", 1);
  require(pads.size() == 8 && pads[0] == 0 && pads[1] == 0 && pads[4] == 0 && pads[5] == 0 &&
              pads[2] == pads[6] && pads[3] == pads[7],
          "only equal padding on opposite sides of pictures is supported");
  const graph::Pair padding(pads[2], pads[3]);
  if (padding == graph::Pair(0)) return to.bind(node, x);
  to.padded_[node.outputs[0]] = {x, padding};
}

// Over all logits: they are what is wanted. Before opset 13 it was over all dimensions from its
// axis on, which is the first after the batch where it is left out.
void Operators::softmax(Conversion& to, const OnnxNode& node) {
  require(node.is_last, "it is supported at the end of a network only, where it is left out");
  const graph::NodeId x = to.value(node);
  const base::Shape& shape = to.shape(x);
  const std::int64_t rank = std::ssize(shape);
  std::int64_t axis = integer(node, "axis", rank == 2 ? 1 : -1);
  axis += axis < 0 ? rank : 0;
  require(axis > 0 && axis < rank &&
              shape[static_cast<std::size_t>(axis)] == base::element_count(shape),
          "only that of all classes is supported");
  to.bind(node, x);
}

void Operators::sigmoid(Conversion& to, const OnnxNode& node) {
  if (node.is_last) return to.bind(node, to.value(node));
  activation<graph::Sigmoid>(to, node);
}

// All is computed as float32; to whole numbers it would round.
void Operators::cast(Conversion& to, const OnnxNode& node) {
  const std::int64_t type = integer(node, "to", 0);
  require(type == 1 || type == 10 || type == 11 || type == 16,
          "only casts to floating point are supported");
  to.bind(node, to.value(node));
}

void Operators::constant(Conversion& to, const OnnxNode& node) {
  for (const auto& [name, attribute] : node.attributes) {
    if (name == "value") {
      to.made_.add_constant(attribute.tensor);
      return to.bind(node, attribute.tensor);
    }
    if (name == "value_float") return to.bind(node, base::Tensor::from({{attribute.real}}, {}));
    if (name == "value_int" || name == "value_ints") {
      const bool several = name == "value_ints";
      const std::vector<std::int64_t> values =
          several ? attribute.integers : std::vector{attribute.integer};
      base::Tensor tensor(base::DType::kInt64,
                          several ? base::Shape{std::ssize(values)} : base::Shape{});
      std::copy(values.begin(), values.end(),
                reinterpret_cast<std::int64_t*>(tensor.mutable_bytes().data()));
      return to.bind(node, tensor);
    }
  }
  throw Error("only tensors and numbers are supported");
}

// For one picture: what reads the batch's extent may only hand it on.
void Operators::shape(Conversion& to, const OnnxNode& node) {
  const base::Shape shape = to.shape(to.value(node));
  base::Tensor tensor(base::DType::kInt64, {std::ssize(shape)});
  std::copy(shape.begin(), shape.end(),
            reinterpret_cast<std::int64_t*>(tensor.mutable_bytes().data()));
  to.bind(node, tensor);
}

void Operators::flatten(Conversion& to, const OnnxNode& node) {
  const graph::NodeId x = to.value(node);
  require(integer(node, "axis", 1) == 1, "only axis 1 is supported");
  to.bind(node, to.shape(x).size() == 2 ? x : to.append(node, graph::Flatten{}, {x}));
}

void Operators::reshape(Conversion& to, const OnnxNode& node) {
  std::vector<std::int64_t> target = to.integers(node, 1);
  if (const Conversion::Grouped* group = to.grouped(node)) {
    const base::Shape& shape = to.shape(group->x);
    require(target.size() == 4 && target[2] == shape[2] && target[3] == shape[3] && group->swapped,
            "of five dimensions only those of a channel shuffle are supported");
    return to.bind(node, to.append(node, graph::ChannelShuffle{group->groups}, {group->x}));
  }
  const graph::NodeId x = to.value(node);
  const base::Shape& shape = to.shape(x);
  const std::int64_t count = base::element_count(shape);
  std::int64_t known = 1;
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target[i] == 0 && i < shape.size()) target[i] = shape[i];
    if (target[i] > 0) known = product(known, target[i]);
  }
  for (std::int64_t& extent : target) {
    if (extent == -1) extent = count / std::max<std::int64_t>(known, 1);
  }
  if (base::Shape(target.begin(), target.end()) == shape) return to.bind(node, x);
  if (target == std::vector<std::int64_t>{1, count}) {
    return to.bind(node, to.append(node, graph::Flatten{}, {x}));
  }
  if (target.size() == 5 && shape.size() == 4 && target[0] == 1 && target[3] == shape[2] &&
      target[4] == shape[3] && target[1] > 0 && product(target[1], target[2]) == shape[1]) {
    return to.bind(node, Conversion::Grouped{x, target[1], false});
  }
  throw Error(fmt::format("the change of shape from {} to {} is not supported",
                          base::to_string(shape),
                          base::to_string(base::Shape(target.begin(), target.end()))));
}

void Operators::squeeze(Conversion& to, const OnnxNode& node) {
  const graph::NodeId x = to.value(node);
  const base::Shape& shape = to.shape(x);
  std::vector<std::int64_t> axes = to.list(node, "axes", 1);
  for (std::int64_t& axis : axes) axis += axis < 0 ? std::ssize(shape) : 0;
  std::sort(axes.begin(), axes.end());
  require(shape.size() == 4 && shape[2] == 1 && shape[3] == 1 &&
              axes == std::vector<std::int64_t>{2, 3},
          "only height and width of one pixel can be taken away");
  to.bind(node, to.append(node, graph::Flatten{}, {x}));
}

// One channel that Gather took out stays what it was: N × 1 × H × W.
void Operators::unsqueeze(Conversion& to, const OnnxNode& node) {
  const Conversion::Grouped* group = to.grouped(node);
  require(group != nullptr && group->groups == 0 &&
              to.list(node, "axes", 1) == std::vector<std::int64_t>{1},
          "a further dimension is not supported");
  to.bind(node, group->x);
}

void Operators::transpose(Conversion& to, const OnnxNode& node) {
  const std::vector<std::int64_t> order = to.list(node, "perm", node.inputs.size());
  if (const Conversion::Grouped* group = to.grouped(node)) {
    require(order == std::vector<std::int64_t>{0, 2, 1, 3, 4},
            "of five dimensions only those of a channel shuffle are supported");
    return to.bind(node, Conversion::Grouped{group->x, group->groups, true});
  }
  require(order.size() == 4 && order[0] == 0 &&
              std::ranges::all_of(order, [](std::int64_t from) { return from >= 0 && from < 4; }),
          "only permutations of a picture are supported");
  graph::Permute layer;
  std::ranges::transform(order, layer.order.begin(),
                         [](std::int64_t from) { return static_cast<int>(from); });
  to.bind(node, to.append(node, layer, {to.value(node)}));
}

void Operators::concat(Conversion& to, const OnnxNode& node) {
  std::vector<graph::NodeId> parts;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) parts.push_back(to.value(node, i));
  const std::int64_t axis = integer(node, "axis", 1);
  require(axis == 1 || axis == 1 - std::ssize(to.shape(parts[0])), "only axis 1 is supported");
  to.bind(node, to.append(node, graph::Concat{}, parts));
}

void Operators::split(Conversion& to, const OnnxNode& node) {
  const graph::NodeId x = to.value(node);
  require(integer(node, "axis", 0) == 1, "only axis 1 is supported");
  std::vector<std::int64_t> sizes = to.list(node, "split", 1);
  const std::int64_t parts = std::ssize(node.outputs);
  if (sizes.empty()) sizes.assign(static_cast<std::size_t>(parts), to.shape(x)[1] / parts);
  require(std::ssize(sizes) == parts, "its parts are not as many as its outputs");
  const auto within = [&](std::int64_t size) { return size > 0 && size <= to.shape(x)[1]; };
  require(std::ranges::all_of(sizes, within), "one of its parts has no channels, or too many");
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    to.bind(node, to.append(node, graph::Slice{begin, begin + sizes[i]}, {x}), i);
    begin += sizes[i];
  }
}

void Operators::slice(Conversion& to, const OnnxNode& node) {
  const graph::NodeId x = to.value(node);
  const std::vector<std::int64_t> starts = to.list(node, "starts", 1);
  const std::vector<std::int64_t> ends = to.list(node, "ends", 2);
  const std::vector<std::int64_t> axes = to.list(node, "axes", 3);
  const std::vector<std::int64_t> steps = to.list(node, "steps", 4);
  require(starts.size() == 1 && ends.size() == 1 && axes == std::vector<std::int64_t>{1} &&
              (steps.empty() || steps[0] == 1),
          "only one range of channels is supported");
  const std::int64_t count = to.shape(x)[1];
  const auto place = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + count : at, 0, count);
  };
  to.bind(node, to.append(node, graph::Slice{place(starts[0]), place(ends[0])}, {x}));
}

// x[:, k], which exporters follow by an Unsqueeze: one channel.
void Operators::gather(Conversion& to, const OnnxNode& node) {
  const graph::NodeId x = to.value(node);
  const std::vector<std::int64_t> index = to.integers(node, 1);
  require(integer(node, "axis", 0) == 1 && index.size() == 1 && to.shape(x).size() == 4,
          "only one channel can be taken");
  const std::int64_t count = to.shape(x)[1];
  const std::int64_t channel = index[0] < 0 ? index[0] + count : index[0];
  require(channel >= 0 && channel < count, "its index is out of range");
  const graph::NodeId part = to.append(node, graph::Slice{channel, channel + 1}, {x});
  to.bind(node, Conversion::Grouped{part, 0, false});
}

void Operators::unsupported(Conversion& /*to*/, const OnnxNode& /*node*/) {
  throw Error("it is supported for constants alone");
}

const std::map<std::string, Operators::Convert>& Operators::table() {
  static const std::map<std::string, Convert> operators = {
      {"Add", add},
      {"AveragePool", average_pool},
      {"BatchNormalization", batch_norm},
      {"Cast", cast},
      {"Clip", clip},
      {"Concat", concat},
      {"Constant", constant},
      {"Conv", conv},
      {"Div", divide},
      {"Dropout", identity},
      {"Flatten", flatten},
      {"Floor", unsupported},
      {"Gather", gather},
      {"Gelu", activation<graph::GELU>},
      {"Gemm", gemm},
      {"GlobalAveragePool", global_average_pool},
      {"HardSigmoid", hard_sigmoid},
      {"HardSwish", activation<graph::Hardswish>},
      {"Identity", identity},
      {"LayerNormalization", layer_norm},
      {"LogSoftmax", softmax},
      {"MatMul", matmul},
      {"MaxPool", max_pool},
      {"Mul", multiply},
      {"Pad", pad},
      {"ReduceMean", reduce_mean},
      {"Relu", activation<graph::ReLU>},
      {"Reshape", reshape},
      {"Shape", shape},
      {"Sigmoid", sigmoid},
      {"Silu", activation<graph::SiLU>},
      {"Slice", slice},
      {"Softmax", softmax},
      {"Split", split},
      {"Squeeze", squeeze},
      {"Sub", subtract},
      {"Tanh", activation<graph::Tanh>},
      {"Transpose", transpose},
      {"Unsqueeze", unsqueeze},
  };
  return operators;
}

}  // namespace engraft::onnx
