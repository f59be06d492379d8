#include "onnx/convert.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <span>
#include <string_view>

#include "base/text.h"
#include "engraft/error.h"
#include "onnx/operators.h"

namespace engraft::onnx {
namespace {

constexpr std::size_t kMaxPath = 500;
constexpr std::ptrdiff_t kMaxDepth = 30;
constexpr std::size_t kMostShown = 100;  // letters of a name in a message

// "/layer1/layer1.0/conv1/Conv", the scopes that PyTorch puts into a node's name, as the module's
// path "layer1.0.conv1"; empty for other names.
std::string path_in(const std::string& node_name) {
  if (!node_name.starts_with('/') || node_name.size() > kMaxDepth * kMaxPath) return "";
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
  constexpr std::string_view kEnding = ".weight";
  if (!initializer.ends_with(kEnding)) return "";
  const std::string path = initializer.substr(0, initializer.size() - kEnding.size());
  const auto is_letter = [](unsigned char c) { return std::isalpha(c) != 0 || c == '_'; };
  const bool plain = std::ranges::all_of(
      path, [&](unsigned char c) { return is_letter(c) || std::isdigit(c) != 0 || c == '.'; });
  return plain && !path.empty() && is_letter(static_cast<unsigned char>(path[0])) ? path : "";
}

// A name from the file, for a message.
std::string shown(std::string_view name) {
  return base::printable(name.substr(0, kMostShown)) + (name.size() > kMostShown ? "..." : "");
}

// Deeper than this no network is: what is comes from nobody's hand. And what is no UTF-8 could not
// be saved.
bool is_usable(const std::string& path) {
  return base::is_utf8(path) && path.size() <= kMaxPath &&
         std::ranges::count(path, '.') < kMaxDepth;
}

void require_shapes(const graph::Layer& layer,
                    const std::vector<std::pair<std::string, base::Tensor>>& parameters) {
  for (const graph::ParameterSpec& spec : graph::parameters_of(layer)) {
    for (const auto& [name, tensor] : parameters) {
      if (name != spec.name || tensor.shape() == spec.shape) continue;
      throw Error(fmt::format("its {} has the shape {} where {} is needed", name,
                              base::to_string(tensor.shape()), base::to_string(spec.shape)));
    }
  }
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
  for (const auto& [name, tensor] : constants_) made_.add_constant(tensor);
  graph_.input_size = size;
  graph_.root.type = "ONNX";
  graph_.nodes.push_back({"input", "", graph::Input{3}, {}});
  shapes_.push_back(graph::output_shape(graph::Input{3}, {{1, 3, size.height, size.width}}));
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
      return bind(node, fold_constants(node, constants, made_));
    }
    if (node.inputs.empty() && node.type != "Constant") throw Error("it has no input");
    Operators::table().at(node.type)(*this, node);
  } catch (const Error& error) {
    throw Error(
        fmt::format("{} {}: {}", base::printable(node.type), shown(node.name), error.what()));
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
    throw Error(fmt::format("its input {} is no value that depends on the picture", shown(name)));
  }
  return found->second;
}

Conversion::Padded Conversion::padded(const OnnxNode& node) const {
  const auto found = padded_.find(node.inputs[0]);  // add() made sure that there is one
  return found == padded_.end() ? Padded{value(node), 0} : found->second;
}

base::Tensor Conversion::floats(const OnnxNode& node, std::size_t input) {
  const base::Tensor& stored = constant(node, input);
  if (stored.dtype() != base::DType::kFloat32) made_.spend(stored.elements());
  return stored.as_float32();
}

base::Tensor Conversion::transposed(const OnnxNode& node, std::size_t input) {
  const base::Tensor source = floats(node, input);
  if (source.shape().size() != 2) throw Error(fmt::format("its input {} is no matrix", input));
  made_.spend(source.elements());
  const auto rows = static_cast<std::size_t>(source.shape()[0]);
  const auto columns = static_cast<std::size_t>(source.shape()[1]);
  base::Tensor result(base::DType::kFloat32, {source.shape()[1], source.shape()[0]});
  const std::span<const float> from = source.floats();
  const std::span<float> to = result.mutable_floats();
  // By number, since there may be no columns in any number of rows.
  for (std::size_t i = 0; i < from.size(); ++i) to[i % columns * rows + i / columns] = from[i];
  return result;
}

const base::Tensor& Conversion::constant(const OnnxNode& node, std::size_t input) const {
  if (!is_constant(node, input)) throw Error(fmt::format("its input {} is not constant", input));
  return constants_.at(node.inputs[input]);
}

std::vector<float> Conversion::reals(const OnnxNode& node, std::size_t input) const {
  const base::Tensor numbers = constant(node, input).as_float32();
  return {numbers.floats().begin(), numbers.floats().end()};
}

float Conversion::number(const OnnxNode& node, std::size_t input) const {
  const std::vector<float> numbers = reals(node, input);
  if (numbers.size() != 1) throw Error(fmt::format("its input {} is not one number", input));
  return numbers[0];
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
  require_shapes(layer, parameters);
  const std::string name = module_name(node, initializer);
  const bool has_module = !parameters.empty();
  for (const auto& [key, tensor] : parameters) parameters_[name + "." + key] = tensor;
  names_.insert(name);
  if (has_module) modules_.insert(name);
  graph_.nodes.push_back({name, has_module ? name : "", std::move(layer), std::move(inputs)});
  return graph_.nodes.size() - 1;
}

void Conversion::bind(const OnnxNode& node, graph::NodeId id, std::size_t output) {
  values_[node.outputs[output]] = id;  // the reader made sure of the first, split() of the others
}

void Conversion::bind(const OnnxNode& node, base::Tensor constant) {
  constants_[node.outputs[0]] = std::move(constant);
}

void Conversion::bind(const OnnxNode& node, const Grouped& group) {
  grouped_[node.outputs[0]] = group;
}

const Conversion::Grouped* Conversion::grouped(const OnnxNode& node) const {
  const auto found = grouped_.find(node.inputs[0]);
  return found == grouped_.end() ? nullptr : &found->second;
}

Conversion::Operand Conversion::operand(const OnnxNode& node, std::size_t input,
                                        graph::NodeId x) const {
  const base::Shape& from = constant(node, input).shape();
  const base::Shape& to = shape(x);
  Operand result{{}, 1};
  std::size_t dimensions = 0;
  bool fits = from.size() <= to.size();
  for (std::size_t i = 0; fits && i < from.size(); ++i) {
    const std::size_t at = to.size() - from.size() + i;
    if (from[i] == 1) continue;
    fits = from[i] == to[at] && at > 0;
    result.dimension = at;
    ++dimensions;
  }
  if (!fits || dimensions > 1) {
    throw Error(fmt::format(
        "a constant of shape {} with a value of shape {} is not supported: only one number, or one "
        "for each place along one dimension, is",
        base::to_string(from), base::to_string(to)));
  }
  result.numbers = reals(node, input);
  return result;
}

std::vector<float> Conversion::per_channel(const OnnxNode& node, std::size_t input,
                                           graph::NodeId x) const {
  Operand found = operand(node, input, x);
  if (found.numbers.size() > 1 && found.dimension != 1) {
    throw Error(fmt::format(
        "a constant of shape {} is broadcast along dimension {} of a value of shape {}; only one "
        "number, or one number a channel, is supported",
        base::to_string(constant(node, input).shape()), found.dimension,
        base::to_string(shape(x))));
  }
  return found.numbers;
}

// A depthwise 1 × 1 convolution, which is what a batch norm is as well.
graph::NodeId Conversion::append_affine(const OnnxNode& node, graph::NodeId x,
                                        std::vector<float> scale, std::vector<float> shift) {
  if (shape(x).size() != 4) throw Error("its other operand is no picture: N × C × H × W");
  const std::int64_t channels = shape(x)[1];
  const auto count = static_cast<std::size_t>(channels);
  made_.spend(2 * channels);
  if (scale.size() == 1) scale.resize(count, scale[0]);
  if (shift.size() == 1) shift.resize(count, shift[0]);
  if (scale.size() != count || shift.size() != count) {
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
  if (!is_usable(base)) base.clear();
  if (base.empty()) {
    std::string path = path_in(node.name);
    if (!is_usable(path)) path.clear();
    const std::string type = base::lower_ascii(node.type);
    base = path.empty() ? type : path + "." + type;
  }
  base = beside_modules(std::move(base));
  if (!is_taken(base)) return base;
  int& n = next_number_[base];
  std::string name;
  do {
    name = fmt::format("{}_{}", base, ++n);
  } while (is_taken(name));
  return name;
}

// A module with parameters has none within it: what it calls besides stands beside it, "conv1_relu"
// for "conv1.relu".
std::string Conversion::beside_modules(std::string name) const {
  for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    if (modules_.contains(name.substr(0, dot))) name[dot] = '_';
  }
  return name;
}

// Another node's name, or the path of what would contain one.
bool Conversion::is_taken(const std::string& name) const {
  const auto within = names_.lower_bound(name + ".");
  return names_.contains(name) || (within != names_.end() && within->starts_with(name + "."));
}

bool is_supported(std::string_view type) { return Operators::table().contains(std::string(type)); }

std::string supported_operators() {
  std::vector<std::string> names;
  for (const auto& [name, convert] : Operators::table()) names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace engraft::onnx
