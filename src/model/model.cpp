#include "model/model.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engraft/error.h"
#include "graph/graph_json.h"
#include "weights/match.h"
#include "weights/safetensors.h"
#include "zoo/zoo.h"

namespace engraft::model {
namespace {

const std::string& required(const std::map<std::string, std::string>& metadata,
                            const std::string& key, const base::Path& path) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) {
    throw Error(
        fmt::format("{}: no model saved by engraft (its metadata lack \"{}\"); for a file of plain "
                    "weights give "
                    "the network's name and --weights {}",
                    path.string(), key, path.string()));
  }
  return found->second;
}

}  // namespace

void save_model(const Model& model, const base::Path& path) {
  std::map<std::string, std::string> metadata = model.facts;
  metadata["format"] = "pt";
  metadata["architecture"] = model.graph.architecture;
  if (!zoo::is_architecture(model.graph.architecture))
    metadata["graph"] = graph::to_json(model.graph);
  metadata["classes"] = nlohmann::json(model.classes).dump();
  transforms::Pipeline val_transforms = model.val_transforms;
  const transforms::Normalization normalization =
      transforms::normalization_of(val_transforms, model.normalization);
  val_transforms.normalization.reset();  // mean and std say it
  metadata["preprocessing"] =
      nlohmann::json{
          {"val_transforms", to_string(val_transforms)},
          {"mean", normalization.mean},
          {"std", normalization.stddev},
      }
          .dump();
  weights::write_safetensors(path, model.parameters, metadata);
}

Model load_model(const base::Path& path) {
  weights::WeightFile file = weights::read_weights(path);
  Model model;
  const std::string& architecture = required(file.metadata, "architecture", path);
  const auto graph = file.metadata.find("graph");
  model.graph = graph == file.metadata.end() ? zoo::build_architecture(architecture)
                                             : graph::graph_from_json(graph->second);
  try {
    model.classes = nlohmann::json::parse(required(file.metadata, "classes", path));
    const auto preprocessing =
        nlohmann::json::parse(required(file.metadata, "preprocessing", path));
    model.val_transforms =
        transforms::parse_pipeline(preprocessing.at("val_transforms").get<std::string>());
    model.normalization.mean = preprocessing.at("mean");
    model.normalization.stddev = preprocessing.at("std");
    const std::string problem = transforms::problem_of(model.normalization);
    if (!problem.empty()) {
      throw Error(fmt::format("{}: its metadata are damaged: {}", path.string(), problem));
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("{}: its metadata are damaged: {}", path.string(), error.what()));
  }
  if (model.classes.empty()) throw Error(path.string() + ": its metadata name no classes");
  model.graph =
      weights::fitted_to(graph::with_classes(model.graph, std::ssize(model.classes)), file.tensors);
  model.parameters = weights::take_parameters(model.graph, {.tensors = file.tensors}, path.string(),
                                              weights::HeadWeights::kNeeded);
  model.origin = base::identity_of(path);
  for (const char* key : {"training", "results", kPlanFact, kRangesFact}) {
    if (const auto fact = file.metadata.find(key); fact != file.metadata.end()) {
      model.facts.insert(*fact);
    }
  }
  return model;
}

}  // namespace engraft::model
