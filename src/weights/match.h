// What a network needs of what was found in a file.
#pragma once

#include <functional>
#include <string>

#include "graph/graph.h"
#include "weights/names.h"

namespace engraft::weights {

enum class HeadWeights {
  kNeeded,    // the network is used as it is
  kReplaced,  // the head is about to become another one: what the file has for it is passed over
};

// The network as these parameters need it: vision transformers have as many positions as there were
// patches in the pictures that they were trained with.
graph::Graph fitted_to(const graph::Graph& graph, const base::StateDict& parameters);

// Why what was found in a file does not fit the network: a text that lists what is missing, what is
// no tensor, what has another shape, and, where the head is needed, what is there but unknown to
// the network. Empty where it fits. `source` (the file's name) stands in the message.
std::string mismatch(const graph::Graph& graph, const FoundParameters& found,
                     const std::string& source, HeadWeights head);

// Picks what `graph` needs from what was found, as float32; throws the mismatch as an Error where
// there is one. Where the head is replaced, `note` is told of what is unknown to the network. A
// num_batches_tracked that is missing (files from before PyTorch 0.4.1) becomes 0. Auxiliary heads
// are taken where they are there and fit.
base::StateDict take_parameters(const graph::Graph& graph, const FoundParameters& found,
                                const std::string& source, HeadWeights head,
                                const std::function<void(const std::string&)>& note = {});

}  // namespace engraft::weights
