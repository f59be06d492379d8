#include "onnx/ends.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <string>

namespace engraft::onnx {
namespace {

constexpr std::int64_t kUInt8 = 2;  // ONNX's number of the type
constexpr int kMostNodes = 32;      // that an end may have; each is looked for among all nodes

bool is_one_of(const std::string& type, std::initializer_list<const char*> types) {
  return std::ranges::any_of(types, [&](const char* one) { return type == one; });
}

// Nodes that the first output depends on, in their order.
void keep_needed(OnnxModel& model) {
  std::set<std::string> needed = {model.outputs.at(0)};
  std::vector<OnnxNode> kept;
  for (std::size_t i = model.nodes.size(); i-- > 0;) {
    OnnxNode& node = model.nodes[i];
    const auto is_needed = [&](const std::string& name) { return needed.contains(name); };
    if (std::ranges::none_of(node.outputs, is_needed)) continue;
    needed.insert(node.inputs.begin(), node.inputs.end());
    kept.push_back(std::move(node));
  }
  std::ranges::reverse(kept);
  model.nodes = std::move(kept);
}

std::vector<std::size_t> readers_of(const OnnxModel& model, const std::string& name) {
  std::vector<std::size_t> readers;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    if (std::ranges::find(model.nodes[i].inputs, name) != model.nodes[i].inputs.end()) {
      readers.push_back(i);
    }
  }
  return readers;
}

OnnxNode* maker_of(OnnxModel& model, const std::string& name) {
  for (OnnxNode& node : model.nodes) {
    if (std::ranges::find(node.outputs, name) != node.outputs.end()) return &node;
  }
  return nullptr;
}

// One number, or one a channel of N × 3 × H × W.
std::optional<std::array<double, 3>> constant_per_channel(const OnnxModel& model,
                                                          const std::string& name) {
  const base::Tensor* tensor = nullptr;
  if (const auto stored = model.initializers.find(name); stored != model.initializers.end()) {
    tensor = &stored->second;
  }
  for (const OnnxNode& node : model.nodes) {
    if (node.type != "Constant" || node.outputs.empty() || node.outputs[0] != name) continue;
    const auto value = node.attributes.find("value");
    if (value != node.attributes.end()) tensor = &value->second.tensor;
    const auto number = node.attributes.find("value_float");
    if (number != node.attributes.end()) {
      return std::array<double, 3>{number->second.real, number->second.real, number->second.real};
    }
  }
  if (tensor == nullptr || tensor->dtype() == base::DType::kBool) return std::nullopt;
  base::Shape shape = tensor->shape();
  if (tensor->elements() != 1) {
    while (shape.size() > 3 && shape[0] == 1) shape.erase(shape.begin());
    if (shape != base::Shape{3, 1, 1}) return std::nullopt;
  }
  const base::Tensor numbers = tensor->as_float32();
  std::array<double, 3> values{};
  for (std::size_t c = 0; c < 3; ++c) values[c] = numbers.floats()[numbers.elements() == 1 ? 0 : c];
  return values;
}

// scale · x + shift, one of each a channel.
struct Affine {
  std::array<double, 3> scale{1, 1, 1};
  std::array<double, 3> shift{0, 0, 0};
  bool does_something = false;
};

// Puts what the node does behind what was done so far; false where it is no part of a
// normalisation.
bool extend(Affine& affine, const OnnxModel& model, const OnnxNode& node, const std::string& x) {
  if (is_one_of(node.type, {"Identity", "Cast"})) return true;
  if (!is_one_of(node.type, {"Add", "Sub", "Mul", "Div"}) || node.inputs.size() != 2) return false;
  const bool first = node.inputs[0] == x;
  if (!first && is_one_of(node.type, {"Sub", "Div"})) return false;
  const auto constant = constant_per_channel(model, node.inputs[first ? 1 : 0]);
  if (!constant) return false;
  for (std::size_t c = 0; c < 3; ++c) {
    const double value = (*constant)[c];
    if (node.type == "Add") affine.shift[c] += value;
    if (node.type == "Sub") affine.shift[c] -= value;
    const double factor = node.type == "Mul" ? value : node.type == "Div" ? 1 / value : 1;
    affine.scale[c] *= factor;
    affine.shift[c] *= factor;
  }
  affine.does_something = true;
  return true;
}

}  // namespace

OutputKind mark_ending(OnnxModel& model) {
  keep_needed(model);
  std::string name = model.outputs.at(0);
  for (int i = 0; i < kMostNodes; ++i) {
    OnnxNode* node = maker_of(model, name);
    if (node == nullptr || node->inputs.empty()) break;
    if (is_one_of(node->type, {"Softmax", "LogSoftmax"})) {
      node->is_last = true;
      return OutputKind::kLogits;
    }
    if (node->type == "Sigmoid") {
      node->is_last = true;
      return OutputKind::kSigmoid;
    }
    if (!is_one_of(node->type, {"Identity", "Cast", "Flatten", "Reshape", "Squeeze"})) break;
    name = node->inputs[0];
    if (readers_of(model, name).size() != 1) break;
  }
  return OutputKind::kLogits;
}

int input_range(const OnnxModel& model) {
  Affine affine;
  std::string name = model.inputs.at(0);
  for (int i = 0; i < kMostNodes; ++i) {
    const std::vector<std::size_t> readers = readers_of(model, name);
    if (readers.size() != 1) break;
    const OnnxNode& node = model.nodes[readers[0]];
    if (node.outputs.empty() || !extend(affine, model, node, name)) break;
    name = node.outputs[0];
  }
  if (!affine.does_something) return model.input_type == kUInt8 ? 255 : 0;
  const double scale = (affine.scale[0] + affine.scale[1] + affine.scale[2]) / 3;
  const double shift = (affine.shift[0] + affine.shift[1] + affine.shift[2]) / 3;
  if (!std::isfinite(scale) || !std::isfinite(shift) || scale <= 0) return 0;
  // Which value becomes 0: about the middle of those that the network is meant to get.
  const double middle = -shift / scale;
  if (middle > 2 || (std::abs(middle) < 0.01 && scale < 0.1)) return 255;
  // What turns values of one normalisation into those of another is no normalisation of pictures.
  return middle >= 0 && middle <= 1 && scale >= 0.9 ? 1 : 0;
}

}  // namespace engraft::onnx
