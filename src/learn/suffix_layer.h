// The layers that heads are made of, forwards and backwards. A layer knows its parameters but keeps
// nothing of what it computed: whoever runs it holds the activations.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "graph/select.h"

namespace engraft::learn {

// A parameter of the suffix: its numbers, and where it learns, a copy of its own and the gradient.
struct SuffixParameter {
  std::string name;
  base::Tensor initial;
  std::vector<float> value;     // empty where it does not learn
  std::vector<float> gradient;  // likewise

  bool learns() const { return !value.empty(); }
  const float* data() const { return learns() ? value.data() : initial.floats().data(); }
  float* gradient_data() { return learns() ? gradient.data() : nullptr; }
};

// Some pictures on their way through one layer.
struct Pass {
  graph::Mode mode = graph::Mode::kEval;
  std::int64_t count = 0;  // pictures
  std::int64_t first = 0;  // the first one's place in its batch
  base::Shape in;  // of the layer's input for one picture, without the batch: C × H × W or C
  base::Shape out;
  std::uint64_t key = 0;  // decides dropout's masks, with the picture's place and the layer
  int workers = 1;
};

class SuffixLayer {
 public:
  virtual ~SuffixLayer() = default;

  // Writes pass.count × pass.out numbers to `y` from pass.count × pass.in numbers in `x`.
  virtual void forward(const Pass& pass, std::span<const float> x, std::span<float> y) const = 0;

  // Adds the gradients of the parameters that learn, and writes that of `x` to `dx` unless that is
  // empty. `x` and `y` are what forward() had and gave in the same pass.
  virtual void backward(const Pass& pass, std::span<const float> x, std::span<const float> y,
                        std::span<const float> dy, std::span<float> dx) const = 0;
};

// The layer of a node, or null where gradients do not pass through it. `parameters` are the
// node's, in the order of parameters_of(), and must outlive the layer.
std::unique_ptr<SuffixLayer> make_suffix_layer(const graph::Graph& graph, graph::NodeId node,
                                               std::vector<SuffixParameter*> parameters);

// Whether make_suffix_layer() can make this one.
bool has_suffix_layer(const graph::Layer& layer);

}  // namespace engraft::learn
