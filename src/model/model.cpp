#include "model/model.h"

#include <fmt/format.h>

#include <filesystem>

#include <nlohmann/json.hpp>

#include "base/foreign_json.h"
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
                            const std::string& key, const std::string& name) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) {
    throw Error(
        fmt::format("{}: no model saved by engraft (its metadata lack \"{}\"); for a file of plain "
                    "weights give "
                    "the network's name and --weights {}",
                    name, key, name));
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
                          const std::string& name) {
  const auto format = metadata.find(kFormatKey);
  if (format == metadata.end() || format->second == kFormat) return;  // 0.1.0 wrote none
  throw Error(
      fmt::format("{}: a model of format {}, but this version reads up to {}; use a newer engraft",
                  name, base::printable(format->second), kFormat));
}

graph::Graph graph_of(const std::map<std::string, std::string>& metadata, const std::string& name,
                      const NetworkByName& named) {
  const std::string& architecture = required(metadata, "architecture", name);
  const auto saved = metadata.find("graph");
  if (saved == metadata.end() && !named) {
    throw Error(fmt::format(
        "{}: a model of an earlier format, which names its network ({}) but does not carry it; "
        "engraft convert {} NEW.safetensors makes one of today's",
        name, base::printable(architecture), name));
  }
  try {
    return saved == metadata.end() ? named(architecture) : graph::graph_from_json(saved->second);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", name, error.what()));
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
  Model model = read_model(weights::read_weights(path), path.string(), named);
  model.origin = base::identity_of(path);
  return model;
}

Model read_model(const weights::WeightFile& file, const std::string& name,
                 const NetworkByName& named) {
  Model model;
  require_known_format(file.metadata, name);
  model.graph = graph_of(file.metadata, name, named);
  const std::string& classes = required(file.metadata, "classes", name);
  try {
    model.classes = base::parse_json(classes);
  } catch (const std::exception& error) {  // Error, or nlohmann's
    throw Error(fmt::format("{}: its metadata are damaged: {}", name, error.what()));
  }
  const std::string& preprocessing = required(file.metadata, "preprocessing", name);
  try {
    take_preprocessing(preprocessing, model);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", name, error.what()));
  }
  if (model.classes.empty()) throw Error(name + ": its metadata name no classes");
  model.graph =
      weights::fitted_to(graph::with_classes(model.graph, std::ssize(model.classes)), file.tensors);
  try {
    graph::require_logits(model.graph, model.graph.input_size);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", name, error.what()));
  }
  model.parameters = weights::take_parameters(model.graph, {.tensors = file.tensors}, name,
                                              weights::HeadWeights::kNeeded);
  for (const char* key : {"training", "results", kPlanFact, kRangesFact}) {
    if (const auto fact = file.metadata.find(key); fact != file.metadata.end()) {
      model.facts.insert(*fact);
    }
  }
  return model;
}

}  // namespace engraft::model
