// Which heads can be found at once, without steps: those whose best weights follow from fixed
// features.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "graph/graph.h"
#include "learn/head_kind.h"

namespace engraft::training {

// The head's kind, where it has one of these and `trainable` names exactly its weight and bias.
std::optional<learn::HeadKind> findable_head(const graph::Graph& graph,
                                             const std::set<std::string>& trainable);

// The same; throws Error, saying what else to do, where there is none.
learn::HeadKind required_head(const graph::Graph& graph, const std::set<std::string>& trainable);

}  // namespace engraft::training
