// A classifier as a value: the network, its parameters, its classes, and how pictures are prepared
// for it. What training starts from, what it gives, and what is saved.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/transforms.h"
#include "graph/graph.h"
#include "weights/state_dict.h"

namespace engraft {

// Among a model's facts: what calibrate() measured, as to_json_text() writes it
// (train/calibrate.h).
inline constexpr const char* kRangesFact = "int8_ranges";

struct Model {
  Graph graph;
  StateDict parameters;              // everything the graph declares, float32
  std::vector<std::string> classes;  // in the order of the logits
  Pipeline val_transforms;           // for pictures to be classified
  Normalization normalization;
  // Further facts that a saved model carries, as json texts: "training", "results",
  // kRangesFact.
  std::map<std::string, std::string> facts;
};

enum class HeadWeights {
  kNeeded,    // the network is used as it is
  kReplaced,  // the head is about to become another one: what the file has for it is passed over
};

// The network as these parameters need it: vision transformers have as many positions as there were
// patches in the pictures that they were trained with.
Graph fitted_to(const Graph& graph, const StateDict& parameters);

// Picks what `graph` needs from a weight file's tensors, as float32. Throws Error that lists what
// is missing, what is there but unknown to the network, and what has another shape; `source` (the
// file's name) stands in the message. A num_batches_tracked that is missing (files from before
// PyTorch 0.4.1) becomes 0. Auxiliary heads are taken where they are there and fit.
StateDict take_parameters(const Graph& graph, const StateDict& tensors, const std::string& source,
                          HeadWeights head);

// Saves as one .safetensors file under torchvision's names, written atomically:
// torchvision.models.NAME(num_classes=K).load_state_dict(safetensors.torch.load_file(path)) works.
void save_model(const Model& model, const Path& path);

// Throws Error where the file is no model that Engraft saved, or is damaged.
Model load_model(const Path& path);

}  // namespace engraft
