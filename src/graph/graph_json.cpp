#include "graph/graph_json.h"

#include <fmt/format.h>

#include <utility>

#include <nlohmann/json.hpp>

#include "base/foreign_json.h"
#include "engraft/error.h"
#include "graph/layer_json.h"

namespace engraft::graph {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;
// Of modules within each other; the deepest of the zoo has six.
constexpr int kDeepest = 100;

json module_to_json(const Module& module) {
  json children = json::array();
  for (const Module& child : module.children) children.push_back(module_to_json(child));
  return {{"name", module.name},
          {"type", module.type},
          {"description", module.description},
          {"children", children}};
}

Module module_from_json(const json& object, int depth = 0) {
  if (depth > kDeepest) throw Error("its modules are nested too deeply");
  Module module{.name = object.at("name").get<std::string>(),
                .type = object.at("type").get<std::string>(),
                .children = {},
                .description = object.at("description").get<std::string>()};
  for (const json& child : object.at("children")) {
    module.children.push_back(module_from_json(child, depth + 1));
  }
  return module;
}

Node node_from_json(const json& object) {
  Node node{.name = object.at("name").get<std::string>(),
            .module = object.value("module", std::string()),
            .layer = layer_from_json(object),
            .inputs = {}};
  for (const json& input : object.at("inputs")) {
    // What is negative becomes larger than any node, which validate() refuses.
    node.inputs.push_back(static_cast<NodeId>(base::whole_number(input)));
  }
  return node;
}

}  // namespace

std::string to_json(const Graph& graph) {
  json nodes = json::array();
  for (const Node& node : graph.nodes) {
    json object = layer_to_json(node.layer);
    object["name"] = node.name;
    if (!node.module.empty()) object["module"] = node.module;
    object["inputs"] = node.inputs;
    nodes.push_back(std::move(object));
  }
  return json{{"version", kVersion},
              {"architecture", graph.architecture},
              {"input_size", {graph.input_size.height, graph.input_size.width}},
              {"nodes", nodes},
              {"modules", module_to_json(graph.root)}}
      .dump();
}

Graph graph_from_json(std::string_view text) {
  try {
    const json object = base::parse_json(text);
    if (object.at("version") != kVersion) throw Error("it was written by a newer version");
    Graph graph;
    graph.architecture = object.at("architecture").get<std::string>();
    const json& size = object.at("input_size");
    graph.input_size = {base::whole_number(size.at(0)), base::whole_number(size.at(1))};
    for (const json& node : object.at("nodes")) graph.nodes.push_back(node_from_json(node));
    graph.root = module_from_json(object.at("modules"));
    validate(graph);
    return graph;
  } catch (const std::exception& error) {  // Error, or nlohmann's
    throw Error(fmt::format("no valid graph: {}", error.what()));
  }
}

}  // namespace engraft::graph
