#include "graph/graph.h"

#include <fmt/format.h>

#include <functional>
#include <map>

#include "base/text.h"
#include "engraft/error.h"

namespace engraft::graph {
namespace {

// Calls visit(module, path) for every module below `module`, in named_modules()'s order.
void walk(const Module& module, const std::string& path,
          const std::function<void(const Module&, const std::string&)>& visit) {
  for (const Module& child : module.children) {
    const std::string child_path = path.empty() ? child.name : path + "." + child.name;
    visit(child, child_path);
    walk(child, child_path, visit);
  }
}

// The nodes of each module that has some, in the order in which they are computed; under "" those
// that hold the root's own parameters.
std::map<std::string, std::vector<NodeId>> nodes_by_module(const Graph& graph) {
  std::map<std::string, std::vector<NodeId>> result;
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    const Node& node = graph.nodes[id];
    if (!node.module.empty() || !parameters_of(node.layer).empty()) {
      result[node.module].push_back(id);
    }
  }
  return result;
}

void find_modules(Module& module, const std::string& path, std::map<std::string, Module*>& found) {
  for (Module& child : module.children) {
    const std::string child_path = path.empty() ? child.name : path + "." + child.name;
    found[child_path] = &child;
    find_modules(child, child_path, found);
  }
}

}  // namespace

std::vector<bool> nodes_in_use(const Graph& graph) {
  std::vector<bool> used(graph.nodes.size(), false);
  used[graph.output()] = true;
  for (NodeId id = graph.nodes.size(); id-- > 0;) {
    if (!used[id]) continue;
    for (const NodeId input : graph.nodes[id].inputs) used[input] = true;
  }
  return used;
}

std::string full_name(const Node& node, const ParameterSpec& parameter) {
  return node.module.empty() ? parameter.name : node.module + "." + parameter.name;
}

std::vector<NamedParameter> named_parameters(const Graph& graph) {
  const std::map<std::string, std::vector<NodeId>> nodes = nodes_by_module(graph);
  std::vector<NamedParameter> result;
  const auto append = [&](const std::string& path) {
    const auto found = nodes.find(path);
    if (found == nodes.end()) return;
    for (const ParameterKind kind : {ParameterKind::kParameter, ParameterKind::kBuffer}) {
      for (const NodeId id : found->second) {
        const Node& node = graph.nodes[id];
        for (ParameterSpec& spec : parameters_of(node.layer)) {
          if (spec.kind != kind) continue;
          result.push_back({full_name(node, spec), std::move(spec.shape), kind, spec.dtype, id});
        }
      }
    }
  };
  append("");
  walk(graph.root, "", [&](const Module&, const std::string& path) { append(path); });
  return result;
}

std::vector<std::string> named_modules(const Graph& graph) {
  std::vector<std::string> result;
  walk(graph.root, "", [&](const Module&, const std::string& path) { result.push_back(path); });
  return result;
}

std::vector<base::Shape> infer_shapes(const Graph& graph, std::int64_t batch, Pair size) {
  std::vector<base::Shape> shapes;
  for (const Node& node : graph.nodes) {
    std::vector<base::Shape> inputs;
    if (const auto* input = std::get_if<Input>(&node.layer)) {
      inputs.push_back({batch, input->channels, size.height, size.width});
    }
    for (NodeId id : node.inputs) inputs.push_back(shapes[id]);
    try {
      shapes.push_back(output_shape(node.layer, inputs));
    } catch (const Error& error) {
      const std::string where = fmt::format("{}, {}: {}", base::printable(graph.architecture),
                                            base::printable(node.name), error.what());
      if (size == graph.input_size) throw Error(where);
      throw Error(fmt::format(
          "{}; pictures of {} × {} do not suit this network (it was made for {} × {})", where,
          size.height, size.width, graph.input_size.height, graph.input_size.width));
    }
  }
  return shapes;
}

Cost cost_of(const Graph& graph) {
  Cost cost;
  for (const NamedParameter& parameter : named_parameters(graph)) {
    if (parameter.kind == ParameterKind::kParameter) {
      cost.parameters += base::element_count(parameter.shape);
    }
  }
  const std::vector<base::Shape> shapes = infer_shapes(graph, 1, graph.input_size);
  const std::vector<bool> used = nodes_in_use(graph);
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    if (!used[id]) continue;
    const std::int64_t own = multiply_adds(graph.nodes[id].layer, shapes[id]);
    if (__builtin_add_overflow(cost.multiply_adds, own, &cost.multiply_adds)) {
      throw Error(graph.architecture + ": it has more than 2⁶³ multiply-adds");
    }
  }
  return cost;
}

NodeId head_of(const Graph& graph) {
  const std::vector<bool> used = nodes_in_use(graph);
  for (NodeId id = graph.nodes.size(); id-- > 0;) {
    const Layer& layer = graph.nodes[id].layer;
    if (!used[id]) continue;
    if (std::holds_alternative<Linear>(layer) || std::holds_alternative<Conv2d>(layer)) return id;
  }
  throw Error(graph.architecture + ": this network has no layer that could be a head");
}

std::int64_t class_count(const Graph& graph) {
  const Layer& head = graph.nodes[head_of(graph)].layer;
  if (const auto* linear = std::get_if<Linear>(&head)) return linear->out_features;
  return std::get<Conv2d>(head).out_channels;
}

Graph with_classes(const Graph& graph, std::int64_t classes) {
  Graph result = graph;
  const std::vector<bool> used = nodes_in_use(graph);
  const NodeId head = head_of(graph);
  const std::int64_t before = class_count(graph);
  std::map<std::string, Module*> modules;
  find_modules(result.root, "", modules);
  for (NodeId id = 0; id < result.nodes.size(); ++id) {
    Node& node = result.nodes[id];
    auto* linear = std::get_if<Linear>(&node.layer);
    const bool auxiliary = !used[id] && linear != nullptr && linear->out_features == before;
    if (id != head && !auxiliary) continue;
    if (linear != nullptr) {
      linear->out_features = classes;
    } else {
      std::get<Conv2d>(node.layer).out_channels = classes;
    }
    if (const auto module = modules.find(node.module); module != modules.end()) {
      module->second->description = describe(node.layer);
    }
  }
  return result;
}

Graph with_grid(const Graph& graph, Pair grid) {
  Graph result = graph;
  for (Node& node : result.nodes) {
    auto* embed = std::get_if<EmbedPatches>(&node.layer);
    if (embed == nullptr || embed->grid == grid) continue;
    const Pair patch(graph.input_size.height / embed->grid.height,
                     graph.input_size.width / embed->grid.width);
    embed->grid = grid;
    auto* positions = std::get_if<Parameter>(&result.nodes[node.inputs[2]].layer);
    if (positions == nullptr) throw Error(node.name + ": its positions are no parameter");
    positions->shape[1] = 1 + grid.height * grid.width;
    result.input_size = {patch.height * grid.height, patch.width * grid.width};
  }
  return result;
}

}  // namespace engraft::graph
