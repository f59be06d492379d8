#include "learn/learnable.h"

#include <fmt/format.h>

#include "engraft/error.h"
#include "learn/suffix_layer.h"

namespace engraft::learn {
namespace {

bool passes_gradients(const graph::Graph& graph, graph::NodeId node) {
  const std::vector<graph::NodeId>& inputs = graph.nodes[node].inputs;
  return inputs.size() == 1 && inputs[0] + 1 == node && has_suffix_layer(graph.nodes[node].layer);
}

std::string describe_kind(const graph::Layer& layer) {
  const auto* conv = std::get_if<graph::Conv2d>(&layer);
  if (conv == nullptr) return graph::type_name(layer);
  return fmt::format("Conv2d {} × {}", conv->kernel.height, conv->kernel.width);
}

}  // namespace

void require_learnable(const graph::Graph& graph, graph::NodeId cut,
                       const std::set<std::string>& trainable) {
  graph::NodeId first = cut + 1;
  while (first <= graph.output() && passes_gradients(graph, first)) ++first;
  if (first > graph.output()) return;
  graph::NodeId last = graph.output();
  while (passes_gradients(graph, last)) --last;

  std::string learning;
  std::string possible;
  for (const graph::NamedParameter& parameter : graph::named_parameters(graph)) {
    if (learning.empty() && trainable.contains(parameter.name)) learning = parameter.name;
    if (possible.empty() && parameter.node > last) possible = graph.nodes[parameter.node].module;
  }
  throw Error(fmt::format(
      "{} cannot be trained: gradients do not pass back through {} ({}); {}",
      learning.empty() ? graph.architecture : learning, graph.nodes[first].name,
      describe_kind(graph.nodes[first].layer),
      possible.empty()
          ? fmt::format("no layer of {} can be trained", graph.architecture)
          : fmt::format("what can be trained are its last layers, from {} on (--train head, or "
                        "--train '{}.*')",
                        possible, possible)));
}

}  // namespace engraft::learn
