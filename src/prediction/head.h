// A model cut in two as its training cut it: what is frozen is computed as the plan says, what has
// learnt in float32, so that every job gives the very logits that the training has seen.
#pragma once

#include <optional>
#include <span>

#include "graph/graph.h"
#include "learn/suffix.h"
#include "model/model.h"

namespace engraft::prediction {

class Head {
 public:
  // From what the model says of its training; of a model that says nothing, its last layer.
  Head(const model::Model& model, int workers);

  // The node whose values logits() takes; the network's last where nothing can stand behind it.
  graph::NodeId cut() const { return cut_; }

  // N × classes from the values of cut() for N pictures. A picture's are the same bits in any
  // company. From several threads.
  void logits(std::span<const float> features, std::span<float> logits) const;

 private:
  graph::NodeId cut_;
  std::optional<learn::Suffix> suffix_;
};

}  // namespace engraft::prediction
