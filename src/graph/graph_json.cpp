#include "graph/graph_json.h"

#include <fmt/format.h>

#include <utility>

#include <nlohmann/json.hpp>

#include "engraft/error.h"

namespace engraft::graph {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

// The settings of each layer: visit(name, member) for each of them. One list serves both
// directions. Layers that are not here have none.
template <typename Visit, typename L>
void settings(Visit& /*visit*/, L& /*layer*/) {}

template <typename Visit>
void settings(Visit& visit, Input& layer) {
  visit("channels", layer.channels);
}

template <typename Visit>
void settings(Visit& visit, Conv2d& layer) {
  visit("in_channels", layer.in_channels);
  visit("out_channels", layer.out_channels);
  visit("kernel_size", layer.kernel);
  visit("stride", layer.stride);
  visit("padding", layer.padding);
  visit("dilation", layer.dilation);
  visit("groups", layer.groups);
  visit("bias", layer.bias);
}

template <typename Visit>
void settings(Visit& visit, Linear& layer) {
  visit("in_features", layer.in_features);
  visit("out_features", layer.out_features);
  visit("bias", layer.bias);
}

template <typename Visit>
void settings(Visit& visit, BatchNorm2d& layer) {
  visit("num_features", layer.features);
  visit("eps", layer.eps);
}

template <typename Visit>
void settings(Visit& visit, LayerNorm& layer) {
  visit("num_features", layer.features);
  visit("eps", layer.eps);
  visit("channels_first", layer.channels_first);
}

template <typename Visit>
void settings(Visit& visit, MaxPool2d& layer) {
  visit("kernel_size", layer.kernel);
  visit("stride", layer.stride);
  visit("padding", layer.padding);
  visit("ceil_mode", layer.ceil_mode);
}

template <typename Visit>
void settings(Visit& visit, AvgPool2d& layer) {
  visit("kernel_size", layer.kernel);
  visit("stride", layer.stride);
  visit("padding", layer.padding);
}

template <typename Visit>
void settings(Visit& visit, AdaptiveAvgPool2d& layer) {
  visit("output_size", layer.output);
}

template <typename Visit>
void settings(Visit& visit, Dropout& layer) {
  visit("p", layer.probability);
}

template <typename Visit>
void settings(Visit& visit, Permute& layer) {
  visit("dims", layer.order);
}

template <typename Visit>
void settings(Visit& visit, Slice& layer) {
  visit("begin", layer.begin);
  visit("end", layer.end);
}

template <typename Visit>
void settings(Visit& visit, ChannelShuffle& layer) {
  visit("groups", layer.groups);
}

struct Writer {
  json& object;
  void operator()(const char* name, Pair value) const {
    object[name] = {value.height, value.width};
  }
  template <typename T>
  void operator()(const char* name, const T& value) const {
    object[name] = value;
  }
};

struct Reader {
  const json& object;
  void operator()(const char* name, Pair& value) const {
    const json& pair = object.at(name);
    value = {pair.at(0).get<std::int64_t>(), pair.at(1).get<std::int64_t>()};
  }
  template <typename T>
  void operator()(const char* name, T& value) const {
    value = object.at(name).get<T>();
  }
};

// Layers by the names that stand in the file: of those that a graph from outside can have.
template <typename Visit>
void for_each_kind(const Visit& visit) {
  visit("input", Input{});
  visit("conv2d", Conv2d{});
  visit("linear", Linear{});
  visit("batch_norm2d", BatchNorm2d{});
  visit("layer_norm", LayerNorm{});
  visit("relu", ReLU{});
  visit("relu6", ReLU6{});
  visit("hardswish", Hardswish{});
  visit("hardsigmoid", Hardsigmoid{});
  visit("silu", SiLU{});
  visit("sigmoid", Sigmoid{});
  visit("tanh", Tanh{});
  visit("gelu", GELU{});
  visit("max_pool2d", MaxPool2d{});
  visit("avg_pool2d", AvgPool2d{});
  visit("adaptive_avg_pool2d", AdaptiveAvgPool2d{});
  visit("dropout", Dropout{});
  visit("flatten", Flatten{});
  visit("permute", Permute{});
  visit("add", Add{});
  visit("mul", Multiply{});
  visit("cat", Concat{});
  visit("slice", Slice{});
  visit("channel_shuffle", ChannelShuffle{});
}

json layer_to_json(const Layer& layer) {
  json object;
  for_each_kind([&](const char* name, auto kind) {
    if (const auto* own = std::get_if<decltype(kind)>(&layer)) {
      kind = *own;
      object["layer"] = name;
      Writer writer{object};
      settings(writer, kind);
    }
  });
  if (object.is_null()) {
    throw Error(fmt::format("{} cannot be written down as JSON", type_name(layer)));
  }
  return object;
}

Layer layer_from_json(const json& object) {
  const std::string wanted = object.at("layer").get<std::string>();
  Layer layer;
  bool found = false;
  for_each_kind([&](const char* name, auto kind) {
    if (wanted != name) return;
    Reader reader{object};
    settings(reader, kind);
    layer = std::move(kind);
    found = true;
  });
  if (!found) throw Error(fmt::format("it has a layer {}, which is unknown", wanted));
  return layer;
}

json module_to_json(const Module& module) {
  json children = json::array();
  for (const Module& child : module.children) children.push_back(module_to_json(child));
  return {{"name", module.name},
          {"type", module.type},
          {"description", module.description},
          {"children", children}};
}

Module module_from_json(const json& object) {
  Module module{.name = object.at("name").get<std::string>(),
                .type = object.at("type").get<std::string>(),
                .children = {},
                .description = object.at("description").get<std::string>()};
  for (const json& child : object.at("children")) {
    module.children.push_back(module_from_json(child));
  }
  return module;
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
    const json object = json::parse(text);
    if (object.at("version") != kVersion) throw Error("it was written by a newer version");
    Graph graph;
    graph.architecture = object.at("architecture").get<std::string>();
    graph.input_size = {object.at("input_size").at(0).get<std::int64_t>(),
                        object.at("input_size").at(1).get<std::int64_t>()};
    for (const json& one : object.at("nodes")) {
      Node node{.name = one.at("name").get<std::string>(),
                .module = one.value("module", std::string()),
                .layer = layer_from_json(one),
                .inputs = one.at("inputs").get<std::vector<NodeId>>()};
      const bool first = graph.nodes.empty();
      if (first != std::holds_alternative<Input>(node.layer) || first != node.inputs.empty()) {
        throw Error("its first node, and no other, must be the input");
      }
      for (const NodeId input : node.inputs) {
        if (input >= graph.nodes.size()) throw Error("a node reads one that comes after it");
      }
      graph.nodes.push_back(std::move(node));
    }
    if (graph.nodes.size() < 2) throw Error("it has no layers");
    graph.root = module_from_json(object.at("modules"));
    infer_shapes(graph, 1, graph.input_size);  // an Error where layers do not fit
    return graph;
  } catch (const json::exception& error) {
    throw Error(fmt::format("no valid graph: {}", error.what()));
  } catch (const std::out_of_range&) {
    throw Error("no valid graph: a layer lacks an input");
  }
}

}  // namespace engraft::graph
