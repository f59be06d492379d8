#include "model/model.h"

#include <fmt/format.h>

#include <filesystem>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engraft/error.h"
#include "graph/graph_json.h"
#include "model/saved_preprocessing.h"
#include "weights/match.h"
#include "weights/safetensors.h"

namespace engraft::model {
namespace {

// The saved form's version; one that adds or changes a key's meaning is another.
constexpr const char* kFormatKey = "engraft.format";
constexpr const char* kFormat = "1";

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

std::map<std::string, std::string> metadata_of(const Model& model) {
  std::map<std::string, std::string> metadata = model.facts;
  metadata["format"] = "pt";
  metadata[kFormatKey] = kFormat;
  metadata["architecture"] = model.graph.architecture;
  metadata["graph"] = graph::to_json(model.graph);
  metadata["classes"] = nlohmann::json(model.classes).dump();
  metadata["preprocessing"] = preprocessing_text(model);
  return metadata;
}

void require_known_format(const std::map<std::string, std::string>& metadata,
                          const base::Path& path) {
  const auto format = metadata.find(kFormatKey);
  if (format == metadata.end() || format->second == kFormat) return;  // 0.1.0 wrote none
  throw Error(
      fmt::format("{}: a model of format {}, but this version reads up to {}; use a newer engraft",
                  path.string(), base::printable(format->second), kFormat));
}

graph::Graph graph_of(const std::map<std::string, std::string>& metadata, const base::Path& path,
                      const NetworkByName& named) {
  const std::string& architecture = required(metadata, "architecture", path);
  const auto saved = metadata.find("graph");
  if (saved == metadata.end() && !named) {
    throw Error(fmt::format(
        "{}: a model of an earlier format, which names its network ({}) but does not carry it; "
        "engraft convert {} NEW.safetensors makes one of today's",
        path.string(), base::printable(architecture), path.string()));
  }
  try {
    return saved == metadata.end() ? named(architecture) : graph::graph_from_json(saved->second);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", path.string(), error.what()));
  }
}

}  // namespace

void save_model(const Model& model, const base::Path& path) {
  base::Path written = path;
  written += ".unread";
  weights::write_safetensors(written, model.parameters, metadata_of(model));
  try {
    load_model(written);
    std::filesystem::rename(written, path);
  } catch (const std::exception& error) {
    std::error_code ignored;
    std::filesystem::remove(written, ignored);
    throw Error(fmt::format("{}: not saved, for what was written cannot be used: {}", path.string(),
                            error.what()));
  }
}

base::Path model_file(const base::Path& file_or_run) {
  if (!std::filesystem::is_directory(file_or_run)) return file_or_run;
  const base::Path best = file_or_run / "best.safetensors";
  if (std::filesystem::exists(best)) return best;
  throw Error(file_or_run.string() + ": a folder without best.safetensors is no run");
}

Model load_model(const base::Path& path, const NetworkByName& named) {
  weights::WeightFile file = weights::read_weights(path);
  Model model;
  require_known_format(file.metadata, path);
  model.graph = graph_of(file.metadata, path, named);
  try {
    model.classes = nlohmann::json::parse(required(file.metadata, "classes", path));
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("{}: its metadata are damaged: {}", path.string(), error.what()));
  }
  const std::string& preprocessing = required(file.metadata, "preprocessing", path);
  try {
    take_preprocessing(preprocessing, model);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", path.string(), error.what()));
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
