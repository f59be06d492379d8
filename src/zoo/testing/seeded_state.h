// Parameters that any program can make again from their names alone, for comparing networks number
// for number with another implementation (tools/golden/logits.py makes the same ones).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/tensor.h"
#include "graph/graph.h"

namespace engraft::zoo {

// The i-th number of the stream `name`, in [0, 1): the upper 24 bits of splitmix64(hash(name) + i),
// where the hash is 64-bit FNV-1a.
float seeded_uniform(std::string_view name, std::uint64_t i);

// Every parameter and buffer of the graph: weights of convolutions and linear layers in
// ± sqrt(6 / fan_in), biases in ± 0.1, batch norms' weight and running variance in [0.5, 1.5),
// running mean in ± 0.1.
base::StateDict seeded_state(const graph::Graph& graph);

// N × C × H × W numbers in ± 2, from the stream "input".
base::Tensor seeded_pictures(const base::Shape& shape);

}  // namespace engraft::zoo
