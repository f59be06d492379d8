#include "model/preprocessing.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/foreign_json.h"
#include "base/hash.h"
#include "engraft/error.h"
#include "transforms/step_text.h"

namespace engraft::model {
namespace {

// The digits between the last hyphen and the ending: "f37072fd" of "resnet18-f37072fd.pth".
std::string_view digits_in(std::string_view file) {
  file = file.substr(0, file.rfind('.'));
  return file.substr(file.rfind('-') + 1);
}

// What a model saved by Engraft says of itself.
std::optional<zoo::Preprocessing> own_preprocessing(const weights::WeightFile& file,
                                                    zoo::Preprocessing usual) {
  const auto text = file.metadata.find("preprocessing");
  if (text == file.metadata.end() || !file.metadata.contains("classes")) return std::nullopt;
  Model saved;
  take_preprocessing(text->second, saved);
  usual.val = saved.val_transforms;
  usual.normalization = saved.normalization;
  return usual;
}

}  // namespace

const zoo::PublishedWeights* find_in_table(const zoo::Architecture& architecture,
                                           const base::Path& file) {
  const std::string name = file.filename().string();
  for (const zoo::PublishedWeights& one : architecture.weights) {
    if (name == one.file || name.find(fmt::format("-{}", digits_in(one.file))) != std::string::npos)
      return &one;
  }
  if (architecture.weights.size() < 2) return nullptr;
  const std::string digest = base::sha256_hex(base::map_file(file).bytes);
  const auto found = std::ranges::find_if(architecture.weights, [&](const auto& one) {
    return digest.starts_with(digits_in(one.file));
  });
  return found == architecture.weights.end() ? nullptr : &*found;
}

zoo::Preprocessing preprocessing_of_file(const zoo::Architecture& architecture,
                                         const graph::Graph& graph, const weights::WeightFile& file,
                                         const base::Path& path,
                                         const std::function<void(const std::string&)>& note) {
  const auto say = [&](const std::string& why, zoo::Preprocessing found) {
    if (note) {
      note(fmt::format("{}: pictures are prepared as {}: {}", path.string(), why,
                       to_string(found.val)));
    }
    return found;
  };
  const zoo::Preprocessing usual = zoo::default_preprocessing(architecture);
  if (const auto own = own_preprocessing(file, usual)) return say("the saved model says", *own);
  if (const auto* row = find_in_table(architecture, path)) {
    return say(fmt::format("for {}, which this file is", row->name),
               zoo::default_preprocessing(architecture, row));
  }
  const std::int64_t size = graph.input_size.height;
  if (size != architecture.build().input_size.height) {
    const auto of_size =
        std::ranges::find(architecture.weights, size, &zoo::PublishedWeights::crop);
    const bool known = of_size != architecture.weights.end();
    return say(fmt::format("its positions are for {} × {} pixels", size, size),
               known ? zoo::default_preprocessing(architecture, &*of_size)
                     : usual_preprocessing(graph.input_size));
  }
  if (architecture.weights.empty()) return usual;
  return say(
      fmt::format("for {}, since this file is in no table", architecture.weights.front().name),
      usual);
}

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

zoo::Preprocessing usual_preprocessing(graph::Pair size) {
  const std::int64_t resize = (std::min(size.height, size.width) * 256 + 112) / 224;
  const std::string extents =
      transforms::size_text({static_cast<int>(size.height), static_cast<int>(size.width)});
  return {
      .train = transforms::parse_pipeline(fmt::format("random_resized_crop({}) hflip", extents)),
      .val = transforms::parse_pipeline(fmt::format("resize({}) center_crop({})", resize, extents)),
      .normalization = {}};
}

}  // namespace engraft::model
