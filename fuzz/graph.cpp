// Networks as saved models describe them.
#include "graph/graph_json.h"
#include "target.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  const graph::Graph graph = graph::graph_from_json(text_of(bytes));
  const std::string text = graph::to_json(graph);
  require(graph::to_json(graph::graph_from_json(text)) == text);
  graph::print_graph(graph);
  graph::cost_of(graph);
  graph::infer_shapes(graph::with_classes(graph, 3), 2, graph.input_size);
}
