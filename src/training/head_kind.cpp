#include "training/head_kind.h"

#include <fmt/format.h>

#include <variant>

#include "engraft/error.h"

namespace engraft::training {

using learn::HeadKind;

namespace {

// Whether the nodes after `node` are a chain of these layers, up to the output.
bool ends_in(const graph::Graph& graph, graph::NodeId node, const auto&... expected) {
  const auto next_is = [&](const auto& matches) {
    const graph::NodeId next = node + 1;
    if (next > graph.output() || graph.nodes[next].inputs != std::vector<graph::NodeId>{node} ||
        !matches(graph.nodes[next].layer)) {
      return false;
    }
    node = next;
    return true;
  };
  return (next_is(expected) && ...) && node == graph.output();
}

bool is_flatten(const graph::Layer& layer) { return std::holds_alternative<graph::Flatten>(layer); }
bool is_relu(const graph::Layer& layer) { return std::holds_alternative<graph::ReLU>(layer); }
bool is_mean(const graph::Layer& layer) {
  const auto* pool = std::get_if<graph::AdaptiveAvgPool2d>(&layer);
  return pool != nullptr && pool->output == graph::Pair(1);
}

bool is_pointwise(const graph::Conv2d& conv) {
  return conv.kernel == graph::Pair(1) && conv.stride == graph::Pair(1) &&
         conv.padding == graph::Pair(0) && conv.bias && conv.groups == 1;
}

}  // namespace

std::optional<HeadKind> findable_head(const graph::Graph& graph,
                                      const std::set<std::string>& trainable) {
  const graph::NodeId head = graph::head_of(graph);
  const graph::Node& node = graph.nodes[head];
  if (trainable != std::set<std::string>{node.module + ".weight", node.module + ".bias"}) return {};
  if (const auto* linear = std::get_if<graph::Linear>(&node.layer)) {
    // Applied once to a picture, not to each of its places.
    const base::Shape input = graph::infer_shapes(graph, 1, graph.input_size)[node.inputs[0]];
    const bool once = base::element_count(input) == linear->in_features;
    return once && head == graph.output() ? std::optional(HeadKind::kLinear) : std::nullopt;
  }
  const auto* conv = std::get_if<graph::Conv2d>(&node.layer);
  if (conv != nullptr && is_pointwise(*conv) &&
      ends_in(graph, head, is_relu, is_mean, is_flatten)) {
    return HeadKind::kMeanOfRelu;
  }
  return {};
}

HeadKind required_head(const graph::Graph& graph, const std::set<std::string>& trainable) {
  if (const std::optional<HeadKind> kind = findable_head(graph, trainable)) return *kind;
  throw Error(fmt::format(
      "--lr auto finds a linear or 1 × 1 convolutional head, and nothing else learns (--train "
      "head); {}'s head is a {}: use --optimizer lbfgs --weight-decay 0.01",
      graph.architecture, graph::describe(graph.nodes[graph::head_of(graph)].layer)));
}

}  // namespace engraft::training
