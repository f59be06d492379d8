// A classifier as a value: the network, its parameters, its classes, and how pictures are prepared
// for it. What training starts from, what it gives, and what is saved.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/tensor.h"
#include "graph/graph.h"
#include "transforms/normalization.h"
#include "transforms/pipeline.h"
#include "weights/weight_file.h"

namespace engraft::model {

// Among a model's facts: how it is computed (infer/compute_plan_json.h), and in models of 0.1.0,
// which have no plan, what int8 needs to know (infer/ranges_json.h).
inline constexpr const char* kPlanFact = "compute_plan";
inline constexpr const char* kRangesFact = "int8_ranges";

struct Model {
  graph::Graph graph;
  base::StateDict parameters;           // everything the graph declares, float32
  std::vector<std::string> classes;     // in the order of the logits
  transforms::Pipeline val_transforms;  // for pictures to be classified
  transforms::Normalization normalization;
  // What says all of what the parameters are, where they are as they lie in a file: the file's
  // identity, and which of its parts was taken. Empty where nothing so short does.
  std::string origin;
  // Further facts that a saved model carries, as json texts: "training", "results",
  // kPlanFact, kRangesFact.
  std::map<std::string, std::string> facts;
};

// Saves as one .safetensors file under torchvision's names, written beside its place, read back,
// and only then put there. Throws Error, and leaves what was there as it was, where that cannot be
// done. torchvision.models.NAME(num_classes=K).load_state_dict(safetensors.torch.load_file(path))
// works.
void save_model(const Model& model, const base::Path& path);

// The file that is meant by a saved model's path: the path itself, or of a run folder its best.
// Throws Error for a folder without one.
base::Path model_file(const base::Path& file_or_run);

// Builds a network of the zoo. A saved model carries its graph; those of 0.1.0 have only a name.
using NetworkByName = std::function<graph::Graph(std::string_view name)>;

// Throws Error where the file is no model that Engraft saved, is damaged, or of a newer format; and
// where it carries no graph and nobody says which network `named` it is.
Model load_model(const base::Path& path, const NetworkByName& named = {});

// The same from what stands in the file, which is called `name` in messages.
Model read_model(const weights::WeightFile& file, const std::string& name,
                 const NetworkByName& named = {});

}  // namespace engraft::model
