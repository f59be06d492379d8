// What a network needs of what was found in a file.
#pragma once

#include <functional>
#include <string>

#include "graph/graph.h"
#include "weights/names.h"

namespace engraft::weights {

// The network as these parameters need it: vision transformers have as many positions as there were
// patches in the pictures that they were trained with.
graph::Graph fitted_to(const graph::Graph& graph, const base::StateDict& parameters);

// Picks what `graph` needs from what was found in a file, as float32. Throws Error that lists what
// is missing, what is no tensor, what has another shape, and, where the head is needed, what is
// there but unknown to the network; where the head is replaced, `note` is told of the latter.
// `source` (the file's name) stands in messages. A num_batches_tracked that is missing (files from
// before PyTorch 0.4.1) becomes 0. Auxiliary heads are taken where they are there and fit.
base::StateDict take_parameters(const graph::Graph& graph, const FoundParameters& found,
                                const std::string& source, HeadWeights head,
                                const std::function<void(const std::string&)>& note = {});

}  // namespace engraft::weights
