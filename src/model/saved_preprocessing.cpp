#include "model/saved_preprocessing.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/foreign_json.h"
#include "engraft/error.h"

namespace engraft::model {

std::string preprocessing_text(const Model& model) {
  transforms::Pipeline val_transforms = model.val_transforms;
  const transforms::Normalization normalization =
      transforms::normalization_of(val_transforms, model.normalization);
  val_transforms.normalization.reset();  // mean and std say it
  return nlohmann::json{{"val_transforms", to_string(val_transforms)},
                        {"mean", normalization.mean},
                        {"std", normalization.stddev}}
      .dump();
}

void take_preprocessing(const std::string& text, Model& model) {
  std::string problem;
  try {
    const auto json = base::parse_json(text);
    model.val_transforms = transforms::parse_pipeline(json.at("val_transforms").get<std::string>());
    model.normalization.mean = json.at("mean");
    model.normalization.stddev = json.at("std");
    problem = transforms::problem_of(model.normalization);
  } catch (const nlohmann::json::exception& error) {
    problem = error.what();
  }
  if (!problem.empty()) throw Error(fmt::format("its metadata are damaged: {}", problem));
}

}  // namespace engraft::model
