#include "graph/builder.h"

#include <algorithm>
#include <cassert>

#include "engraft/error.h"

namespace engraft::graph {
namespace {

void reorder(Module& module, std::initializer_list<std::string_view> names) {
  const auto rank = [&](const Module& child) {
    return std::find(names.begin(), names.end(), child.name) - names.begin();
  };
  std::stable_sort(module.children.begin(), module.children.end(),
                   [&](const Module& a, const Module& b) { return rank(a) < rank(b); });
}

}  // namespace

GraphBuilder::Scope::Scope(GraphBuilder& builder, std::vector<std::size_t> path)
    : builder_(builder), path_(std::move(path)) {
  builder_.open_path_ = path_;
}

GraphBuilder::Scope::~Scope() {
  assert(builder_.open_path_ == path_);
  builder_.open_path_.pop_back();
}

void GraphBuilder::Scope::order(std::initializer_list<std::string_view> children) {
  reorder(builder_.module_at(path_), children);
}

GraphBuilder::GraphBuilder(std::string root_type, Pair input_size) {
  graph_.input_size = input_size;
  graph_.root.type = std::move(root_type);
}

Value GraphBuilder::input(std::int64_t channels) {
  assert(graph_.nodes.empty());
  graph_.nodes.push_back({"input", "", Input{channels}, {}});
  shapes_.push_back({1, channels, graph_.input_size.height, graph_.input_size.width});
  return {0};
}

GraphBuilder::Scope GraphBuilder::open(std::string name, std::string type) {
  Module& parent = open_module();
  parent.children.push_back({std::move(name), std::move(type), {}, {}});
  std::vector<std::size_t> path = open_path_;
  path.push_back(parent.children.size() - 1);
  return {*this, std::move(path)};
}

GraphBuilder::Scope GraphBuilder::open(std::string type) {
  return open(std::to_string(open_module().children.size()), std::move(type));
}

Value GraphBuilder::add(std::string name, Value x, Layer layer) {
  take_channels_from(shapes_[x.node], layer);
  std::string path = path_of(name);
  std::vector<Module>& siblings = open_module().children;
  const bool again = std::any_of(siblings.begin(), siblings.end(),
                                 [&](const Module& child) { return child.name == name; });
  if (again) {
    assert(parameters_of(layer).empty());
  } else {
    siblings.push_back({name, type_name(layer), {}, describe(layer)});
  }
  return append(path, path, std::move(layer), {x.node});
}

Value GraphBuilder::add(Value x, Layer layer) {
  return add(std::to_string(open_module().children.size()), x, std::move(layer));
}

Value GraphBuilder::own(std::string name, Value x, Layer layer) {
  take_channels_from(shapes_[x.node], layer);
  return append(path_of(name), open_path(), std::move(layer), {x.node});
}

Value GraphBuilder::own(Layer layer) {
  const std::string name = parameters_of(layer).at(0).name;
  return append(path_of(name), open_path(), std::move(layer), {});
}

void GraphBuilder::declare(std::string name, std::string type) {
  if (name.empty()) name = std::to_string(open_module().children.size());
  open_module().children.push_back({std::move(name), std::move(type), {}, {}});
}

Value GraphBuilder::apply(Layer layer, std::vector<Value> inputs) {
  std::vector<NodeId> nodes;
  for (Value value : inputs) nodes.push_back(value.node);
  return append(path_of(function_name(layer)), "", std::move(layer), std::move(nodes));
}

void GraphBuilder::order(std::initializer_list<std::string_view> children) {
  reorder(graph_.root, children);
}

Graph GraphBuilder::finish(std::string architecture) && {
  assert(open_path_.empty());
  graph_.architecture = std::move(architecture);
  return std::move(graph_);
}

Module& GraphBuilder::module_at(const std::vector<std::size_t>& path) {
  Module* module = &graph_.root;
  for (std::size_t index : path) module = &module->children[index];
  return *module;
}

std::string GraphBuilder::open_path() const {
  std::string path;
  const Module* module = &graph_.root;
  for (std::size_t index : open_path_) {
    module = &module->children[index];
    path += (path.empty() ? "" : ".") + module->name;
  }
  return path;
}

std::string GraphBuilder::path_of(const std::string& child) const {
  const std::string path = open_path();
  return path.empty() ? child : path + "." + child;
}

Value GraphBuilder::append(std::string name, std::string module, Layer layer,
                           std::vector<NodeId> inputs) {
  const auto taken = [&](const std::string& candidate) {
    return std::any_of(graph_.nodes.begin(), graph_.nodes.end(),
                       [&](const Node& node) { return node.name == candidate; });
  };
  std::string unique = name;
  for (int n = 1; taken(unique); ++n) unique = name + "_" + std::to_string(n);

  std::vector<base::Shape> input_shapes;
  for (NodeId input : inputs) input_shapes.push_back(shapes_[input]);
  shapes_.push_back(output_shape(layer, input_shapes));
  graph_.nodes.push_back(
      {std::move(unique), std::move(module), std::move(layer), std::move(inputs)});
  return {graph_.nodes.size() - 1};
}

}  // namespace engraft::graph
