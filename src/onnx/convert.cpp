#include "onnx/convert.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <regex>

#include "engraft/error.h"
#include "onnx/operators.h"

namespace engraft::onnx {
namespace {

// "/layer1/layer1.0/conv1/Conv", the scopes that PyTorch puts into a node's name, as the module's
// path "layer1.0.conv1"; empty for other names.
std::string path_in(const std::string& node_name) {
  if (!node_name.starts_with('/')) return "";
  std::string path;
  std::string last;
  std::size_t begin = 1;
  for (;;) {
    const std::size_t end = node_name.find('/', begin);
    if (end == std::string::npos) return path;  // what follows is the operator's own name
    const std::string scope = node_name.substr(begin, end - begin);
    if (!last.empty() && scope.starts_with(last + ".")) {
      path += scope.substr(last.size());
    } else {
      path += (path.empty() ? "" : ".") + scope;
    }
    last = scope;
    begin = end + 1;
  }
}

// The module's path in "layer1.0.conv1.weight"; empty for the names of folded constants.
std::string path_of_parameter(const std::string& initializer) {
  static const std::regex parameter("([A-Za-z_][\\w.]*)\\.weight");
  std::smatch match;
  return std::regex_match(initializer, match, parameter) ? match[1].str() : "";
}

void insert_module(graph::Module& root, const std::string& path, const graph::Layer& layer) {
  graph::Module* module = &root;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    const auto found = std::find_if(module->children.begin(), module->children.end(),
                                    [&](const graph::Module& child) { return child.name == part; });
    if (found == module->children.end()) {
      module->children.push_back({part, "Module", {}, ""});
      module = &module->children.back();
    } else {
      module = &*found;
    }
    begin = end + 1;
  }
  module->type = graph::type_name(layer);
  module->description = graph::describe(layer);
}

}  // namespace

Conversion::Conversion(const std::string& input, graph::Pair size,
                       std::map<std::string, base::Tensor> initializers)
    : constants_(std::move(initializers)) {
  graph_.input_size = size;
  graph_.root.type = "ONNX";
  graph_.nodes.push_back({"input", "", graph::Input{3}, {}});
  shapes_.push_back({1, 3, size.height, size.width});
  values_[input] = 0;
}

void Conversion::add(const OnnxNode& node) {
  try {
    std::vector<base::Tensor> constants;
    for (const std::string& input : node.inputs) {
      const auto found = constants_.find(input);
      if (found != constants_.end()) constants.push_back(found->second);
    }
    const bool constant = !node.inputs.empty() && constants.size() == node.inputs.size();
    if (constant && node.type != "ConstantOfShape") {
      return bind(node, fold_constants(node, constants));
    }
    Operators::table().at(node.type)(*this, node);
  } catch (const Error& error) {
    throw Error(fmt::format("{} {}: {}", node.type, node.name, error.what()));
  }
}

ImportedNetwork Conversion::finish(const std::string& output, const std::string& name) && {
  const auto found = values_.find(output);
  if (found == values_.end()) throw Error("its output does not depend on the picture");
  const graph::NodeId last = found->second;
  if (shape(last).size() != 2) {
    throw Error(fmt::format("its output has the shape {}; logits, N × classes, are needed",
                            base::to_string(shape(last))));
  }
  graph_.architecture = name;
  graph_.nodes.resize(last + 1);
  // Of the nodes before the output, those that it does not depend on.
  const std::vector<bool> used = graph::nodes_in_use(graph_);
  std::vector<graph::NodeId> place(graph_.nodes.size());
  graph::Graph kept{.architecture = name,
                    .input_size = graph_.input_size,
                    .nodes = {},
                    .root = {.name = "", .type = "ONNX", .children = {}, .description = ""}};
  base::StateDict parameters;
  for (graph::NodeId id = 0; id < graph_.nodes.size(); ++id) {
    if (id != 0 && !used[id]) continue;
    graph::Node node = graph_.nodes[id];
    for (graph::NodeId& input : node.inputs) input = place[input];
    place[id] = kept.nodes.size();
    for (const graph::ParameterSpec& spec : graph::parameters_of(node.layer)) {
      const std::string full = graph::full_name(node, spec);
      parameters[full] = parameters_.at(full);
    }
    if (!node.module.empty()) insert_module(kept.root, node.module, node.layer);
    kept.nodes.push_back(std::move(node));
  }
  return {std::move(kept), std::move(parameters)};
}

bool Conversion::is_constant(const OnnxNode& node, std::size_t input) const {
  return input < node.inputs.size() && constants_.contains(node.inputs[input]);
}

graph::NodeId Conversion::value(const OnnxNode& node, std::size_t input) const {
  const std::string name = input < node.inputs.size() ? node.inputs[input] : "";
  const auto found = values_.find(name);
  if (found == values_.end()) {
    throw Error(fmt::format("its input {} is no value that depends on the picture", name));
  }
  return found->second;
}

Conversion::Padded Conversion::padded(const OnnxNode& node) const {
  const auto found = padded_.find(node.inputs.at(0));
  return found == padded_.end() ? Padded{value(node), 0} : found->second;
}

const base::Tensor& Conversion::constant(const OnnxNode& node, std::size_t input) const {
  if (!is_constant(node, input)) throw Error(fmt::format("its input {} is not constant", input));
  return constants_.at(node.inputs[input]);
}

std::vector<float> Conversion::reals(const OnnxNode& node, std::size_t input) const {
  const base::Tensor numbers = constant(node, input).as_float32();
  return {numbers.floats().begin(), numbers.floats().end()};
}

std::vector<std::int64_t> Conversion::integers(const OnnxNode& node, std::size_t input) const {
  const base::Tensor& tensor = constant(node, input);
  if (tensor.dtype() != base::DType::kInt64) {
    throw Error(fmt::format("its input {} is not of type int64", input));
  }
  const auto* data = reinterpret_cast<const std::int64_t*>(tensor.bytes().data());
  return {data, data + tensor.elements()};
}

std::vector<std::int64_t> Conversion::list(const OnnxNode& node, const char* attribute,
                                           std::size_t input) const {
  const auto found = node.attributes.find(attribute);
  if (found != node.attributes.end()) return found->second.integers;
  if (input < node.inputs.size() && !node.inputs[input].empty()) return integers(node, input);
  return {};
}

graph::NodeId Conversion::append(const OnnxNode& node, graph::Layer layer,
                                 std::vector<graph::NodeId> inputs, const Parameters& parameters,
                                 const std::string& initializer) {
  std::vector<base::Shape> input_shapes;
  for (const graph::NodeId input : inputs) input_shapes.push_back(shapes_[input]);
  shapes_.push_back(graph::output_shape(layer, input_shapes));
  const std::string name = module_name(node, initializer);
  const bool has_module = !parameters.empty();
  for (const auto& [key, tensor] : parameters) parameters_[name + "." + key] = tensor;
  graph_.nodes.push_back({name, has_module ? name : "", std::move(layer), std::move(inputs)});
  return graph_.nodes.size() - 1;
}

void Conversion::bind(const OnnxNode& node, graph::NodeId id, std::size_t output) {
  values_[node.outputs.at(output)] = id;
}

void Conversion::bind(const OnnxNode& node, base::Tensor constant) {
  constants_[node.outputs.at(0)] = std::move(constant);
}

// A depthwise 1 × 1 convolution, which is what a batch norm is as well.
graph::NodeId Conversion::append_affine(const OnnxNode& node, graph::NodeId x,
                                        std::vector<float> scale, std::vector<float> shift) {
  const std::int64_t channels = shape(x).at(1);
  const auto count = static_cast<std::size_t>(channels);
  if (scale.size() == 1) scale.resize(count, scale[0]);
  if (shift.size() == 1) shift.resize(count, shift[0]);
  if (shape(x).size() != 4 || scale.size() != count || shift.size() != count) {
    throw Error("only one number, or one number a channel, is supported as a constant operand");
  }
  return append(
      node, graph::Conv2d{.in_channels = channels, .out_channels = channels, .groups = channels},
      {x},
      {{"weight", base::Tensor::from(scale, {channels, 1, 1, 1})},
       {"bias", base::Tensor::from(shift, {channels})}});
}

std::string Conversion::module_name(const OnnxNode& node, const std::string& initializer) {
  std::string base = path_of_parameter(initializer);
  if (base.empty() && !initializer.empty()) base = path_in(node.name);
  if (base.empty()) {
    const std::string path = path_in(node.name);
    std::string type = node.type;
    std::transform(type.begin(), type.end(), type.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    base = path.empty() ? type : path + "." + type;
  }
  // Neither another node's name, nor the path of what would contain one, nor within one.
  const auto taken = [&](const std::string& name) {
    return std::any_of(graph_.nodes.begin(), graph_.nodes.end(), [&](const graph::Node& other) {
      return other.name == name || other.name.starts_with(name + ".") ||
             (!other.module.empty() && name.starts_with(other.module + "."));
    });
  };
  std::string name = base;
  for (int n = 1; taken(name); ++n) name = fmt::format("{}_{}", base, n);
  return name;
}

bool is_supported(std::string_view type) { return Operators::table().contains(std::string(type)); }

std::string supported_operators() {
  std::vector<std::string> names;
  for (const auto& [name, convert] : Operators::table()) names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace engraft::onnx
