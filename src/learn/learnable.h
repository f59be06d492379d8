// What can be trained: gradients pass only through some layers, and only along a chain of them.
#pragma once

#include <set>
#include <string>

#include "graph/graph.h"

namespace engraft::learn {

// Throws Error, which says what can be trained, unless everything after the cut is a chain of
// layers that have a SuffixLayer. Cheap: it can be asked before any other work is done.
void require_learnable(const graph::Graph& graph, graph::NodeId cut,
                       const std::set<std::string>& trainable);

}  // namespace engraft::learn
