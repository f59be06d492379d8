// The trainable suffix: the network from the cut to the logits, forwards and backwards, for the
// layers that heads are made of. Only here does anything change from one iteration to the next.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/tensor.h"
#include "graph/graph.h"
#include "graph/select.h"
#include "learn/cross_entropy.h"
#include "learn/suffix_layer.h"

namespace engraft::learn {

struct SuffixOptions {
  // Heights and widths of the pictures that features can be of, which matters where the cut comes
  // before a pooling; {0, 0}: the graph's own.
  graph::Pair train_size;
  graph::Pair eval_size;
  int workers = 0;  // cores for large layers; 0: all usable ones. No result depends on it.
};

class Suffix {
 public:
  // The nodes cut + 1 ... output, with copies of the parameters named in `trainable`; other
  // parameters are shared with `parameters`' tensors. Throws Error as require_learnable() does, and
  // where a parameter is missing or has another shape.
  Suffix(const graph::Graph& graph, graph::NodeId cut, const base::StateDict& parameters,
         const std::set<std::string>& trainable, const SuffixOptions& options = {});

  // Computes the logits of features at the cut with dropout active, their mean cross-entropy, and
  // gradients() of it. `features` are N pictures' one after another, `labels` N numbers. `key`
  // decides the dropout: equal keys give equal masks, whatever the number of cores; the step's
  // number belongs in it. Throws Error where the features have not the size that the options'
  // pictures give.
  StepResult train_step(std::span<const float> features, std::span<const int> labels,
                        std::uint64_t key);

  // The same without dropout, for features at any node from the cut to the first that learns: what
  // full-batch methods minimise.
  StepResult differentiate(graph::NodeId start, std::span<const float> features,
                           std::span<const int> labels);

  // The logits (N × classes) of features at any node from the cut on, without dropout. N may be
  // large: memory is bounded.
  void evaluate(graph::NodeId start, std::span<const float> features,
                std::span<float> logits) const;

  // What learns, in state_dict's order; the spans stay valid as long as the suffix lives, moved or
  // not.
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::span<float>>& parameters() const { return values_; }
  const std::vector<std::span<const float>>& gradients() const { return gradients_; }

  // Copies of the parameters that learn, as they are now.
  base::StateDict trained() const;

  std::int64_t classes() const { return classes_; }

 private:
  struct Run;

  const std::vector<base::Shape>& shapes_for(graph::NodeId start, std::size_t per_picture,
                                             graph::Mode mode) const;
  std::vector<Pass> passes_for(graph::NodeId start, std::size_t per_picture, const Run& run) const;
  std::int64_t chunk_for(const std::vector<Pass>& passes) const;
  StepResult differentiate(const Run& run, graph::NodeId start, std::span<const float> features,
                           std::span<const int> labels);
  void forward(const std::vector<Pass>& passes, graph::NodeId start,
               std::span<const float> features, std::vector<std::vector<float>>& activations) const;
  void backward(const std::vector<Pass>& passes, graph::NodeId start,
                std::span<const float> features);

  graph::NodeId cut_;
  graph::NodeId output_;
  graph::NodeId first_learning_;  // output_ + 1 where nothing learns
  std::int64_t classes_;
  int workers_;
  std::vector<base::Shape>
      train_shapes_;  // of nodes cut_ ... output_, for one picture, without the batch
  std::vector<base::Shape> eval_shapes_;
  std::vector<std::unique_ptr<SuffixParameter>> parameters_;
  std::vector<std::unique_ptr<SuffixLayer>> layers_;  // of nodes cut_ + 1 ... output_
  std::vector<std::string> names_;
  std::vector<std::span<float>> values_;
  std::vector<std::span<const float>> gradients_;

  // Of nodes cut_ + 1 ... output_, for the pictures of one pass; kept, as every step needs them.
  std::vector<std::vector<float>> activations_;
  std::vector<float> gradient_;  // of the activation that the backward pass has come to
  std::vector<float> next_gradient_;
};

}  // namespace engraft::learn
