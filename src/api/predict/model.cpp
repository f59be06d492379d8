#include "engraft/model.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "api/predict/earlier_models.h"
#include "api/predict/implementation.h"
#include "base/version.h"
#include "engraft/version.h"
#include "features/features.h"
#include "graph/graph.h"
#include "model/classes.h"
#include "model/preparation.h"
#include "transforms/pipeline.h"

namespace engraft {
namespace {

std::string fact(const model::Model& model, const char* key) {
  const auto found = model.facts.find(key);
  return found == model.facts.end() ? std::string() : found->second;
}

// Each option as a text; of a model that says nothing of the kind, none.
std::map<std::string, std::string> options_in(const std::string& text) {
  std::map<std::string, std::string> options;
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return options;
  for (const auto& [name, value] : json.items()) {
    options[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return options;
}

}  // namespace

std::string version() { return base::version(); }

Model api::make_model(model::Model model, std::string source) {
  return Model(std::make_shared<const Model::Implementation>(
      Model::Implementation{std::move(model), std::move(source)}));
}

Model::Model(std::shared_ptr<const Implementation> implementation)
    : implementation_(std::move(implementation)) {}

const std::vector<std::string>& Model::classes() const { return implementation_->model.classes; }

ModelFacts Model::facts() const {
  const model::Model& model = implementation_->model;
  const image::Size size = transforms::output_size(model.val_transforms);
  const transforms::Normalization normalization =
      transforms::normalization_of(model.val_transforms, model.normalization);
  return {.architecture = model.graph.architecture,
          .height = size.height,
          .width = size.width,
          .parameters = graph::cost_of(model.graph).parameters,
          .transforms = to_string(model.val_transforms),
          .mean = normalization.mean,
          .stddev = normalization.stddev,
          .training = options_in(fact(model, "training")),
          .results = fact(model, "results")};
}

Model load_model(const std::filesystem::path& path) {
  const base::Path file = model::model_file(path);
  return api::make_model(model::load_model(file, api::networks_by_name()), file.string());
}

void save_model(const Model& model, const std::filesystem::path& path) {
  model::save_model(model.implementation().model, path);
}

Model with_transforms(const Model& model, std::string_view transforms) {
  model::Model changed = model.implementation().model;
  model::prepare(changed, {.val_transforms = transforms::parse_pipeline(transforms)});
  features::fixed_output_size(changed.val_transforms);
  return api::make_model(std::move(changed), model.implementation().source);
}

Model with_class_names(const Model& model, std::vector<std::string> names) {
  model::Model changed = model.implementation().model;
  model::name_classes(changed, std::move(names));
  return api::make_model(std::move(changed), model.implementation().source);
}

}  // namespace engraft
