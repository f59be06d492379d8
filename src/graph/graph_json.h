// A graph as JSON and back: what a saved model carries, so that whoever reads it needs nothing
// else.
#pragma once

#include <string>
#include <string_view>

#include "graph/graph.h"

namespace engraft::graph {

std::string to_json(const Graph& graph);

// Throws Error where the text is no graph, or one that contradicts itself.
Graph graph_from_json(std::string_view text);

}  // namespace engraft::graph
