// What a network needs, found among the tensors of a file.
#pragma once

#include <string>

#include "graph/graph.h"

namespace engraft::weights {

enum class HeadWeights {
  kNeeded,    // the network is used as it is
  kReplaced,  // the head is about to become another one: what the file has for it is passed over
};

// The network as these parameters need it: vision transformers have as many positions as there were
// patches in the pictures that they were trained with.
graph::Graph fitted_to(const graph::Graph& graph, const base::StateDict& parameters);

// Picks what `graph` needs from a weight file's tensors, as float32. Throws Error that lists what
// is missing, what is there but unknown to the network, and what has another shape; `source` (the
// file's name) stands in the message. A num_batches_tracked that is missing (files from before
// PyTorch 0.4.1) becomes 0. Auxiliary heads are taken where they are there and fit.
base::StateDict take_parameters(const graph::Graph& graph, const base::StateDict& tensors,
                                const std::string& source, HeadWeights head);

}  // namespace engraft::weights
