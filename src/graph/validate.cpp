// Whether a graph is one that can be computed. Layers are checked where shapes are inferred; here
// stands what no layer can know.
#include <fmt/format.h>

#include <set>
#include <string_view>

#include "base/text.h"
#include "engraft/error.h"
#include "graph/graph.h"

namespace engraft::graph {
namespace {

using base::OneOf;
using base::Overloaded;

// Whether an input may, or must, be a value that does not depend on the picture.
enum class Fixed { kNever, kMay, kMust };

Fixed fixed_input(const Layer& layer, std::size_t input) {
  return std::visit(
      Overloaded{
          // The small network of Swin V2's position biases.
          [](const OneOf<Linear, ReLU> auto&) { return Fixed::kMay; },
          [&](const Multiply&) { return input == 1 ? Fixed::kMay : Fixed::kNever; },
          [](const OneOf<Input, Conv2d, BatchNorm2d, LayerNorm> auto&) { return Fixed::kNever; },
          [](const OneOf<ReLU6, Hardswish, Hardsigmoid, SiLU, Sigmoid, Tanh, GELU> auto&) {
            return Fixed::kNever;
          },
          [](const PoolingLayer auto&) { return Fixed::kNever; },
          [](const RestingLayer auto&) { return Fixed::kNever; },
          [](const RearrangingLayer auto&) { return Fixed::kNever; },
          [](const OneOf<Add, Attention> auto&) { return Fixed::kNever; },
          [](const SourceLayer auto&) { return Fixed::kNever; },
          // Class token and positions; biases and scales.
          [&](const OneOf<EmbedPatches, WindowAttention> auto&) {
            return input > 0 ? Fixed::kMust : Fixed::kNever;
          },
      },
      layer);
}

void require(bool holds, const Graph& graph, const Node& node, const char* problem) {
  if (!holds)
    throw Error(fmt::format("{}, {}: {}", base::printable(graph.architecture),
                            base::printable(node.name), problem));
}

}  // namespace

void validate(const Graph& graph) {
  std::vector<bool> fixed;
  std::set<std::string_view> names;
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    const Node& node = graph.nodes[id];
    require((id == 0) == std::holds_alternative<Input>(node.layer), graph, node,
            "the first node, and no other, must be the input");
    require(names.insert(node.name).second, graph, node, "another node has the same name");
    bool depends = id == 0;
    for (const NodeId input : node.inputs) {
      require(input < id, graph, node, "it reads a node that comes after it");
      depends = depends || !fixed[input];
    }
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const Fixed wanted = fixed_input(node.layer, i);
      require(fixed[node.inputs[i]] ? wanted != Fixed::kNever : wanted != Fixed::kMust, graph, node,
              fixed[node.inputs[i]] ? "it reads a parameter where a value of the picture belongs"
                                    : "it reads a value of the picture where a parameter belongs");
    }
    fixed.push_back(!depends);
  }
  if (graph.nodes.size() < 2 || fixed.back()) {
    throw Error(base::printable(graph.architecture) +
                ": it has no layer that depends on the picture");
  }
  infer_shapes(graph, 1, graph.input_size);
}

void require_logits(const Graph& graph, Pair size) {
  const base::Shape shape = infer_shapes(graph, 1, size).back();
  const std::int64_t classes = class_count(graph);
  if (shape == base::Shape{1, classes}) return;
  throw Error(
      fmt::format("{}: of a picture of {} × {} it makes the shape {}, but its last layer with "
                  "parameters is for "
                  "{} classes: so it is no classifier",
                  base::printable(graph.architecture), size.height, size.width,
                  base::to_string(shape), classes));
}

}  // namespace engraft::graph
