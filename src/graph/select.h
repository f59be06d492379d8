// Which parameters learn, and where that divides the network: the cut.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace engraft::graph {

// Names of the parameters (not buffers) that any pattern picks: "head" (the last layer's), "all",
// an exact name ("classifier.6.weight"), or a glob in which * stands for any characters
// ("layer4.*"). Throws Error for a pattern that picks none, with the nearest names.
std::set<std::string> select_parameters(const Graph& graph, std::span<const std::string> patterns);

enum class Mode { kTrain, kEval };

// For each node whether its output can differ between two visits of the same picture: it has a
// trainable parameter, is an active dropout (training), a batch norm that learns and so uses its
// batch's statistics (training), or follows such a node.
std::vector<bool> varying_nodes(const Graph& graph, const std::set<std::string>& trainable,
                                Mode mode);

// The cut: the last node through which everything that can vary is fed, and which does not vary
// itself. What comes up to it is the frozen prefix; its output are the features. It is node 0 (the
// picture) where the first layer already varies.
NodeId find_cut(const Graph& graph, const std::set<std::string>& trainable, Mode mode);

}  // namespace engraft::graph
