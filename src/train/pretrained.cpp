#include "train/pretrained.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "engraft/error.h"
#include "train/initialise.h"
#include "weights/download.h"
#include "zoo/zoo.h"

namespace engraft {
namespace {

const PublishedWeights& find_published(const Architecture& architecture, const std::string& name) {
  const std::vector<PublishedWeights>& all = architecture.weights;
  if (all.empty()) {
    throw Error(fmt::format(
        "--weights {}: no such file, and none are published for {}; give a file, or --weights none",
        name, architecture.name));
  }
  if (name == "imagenet") return all.front();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const PublishedWeights& one) { return one.name == name; });
  if (found != all.end()) return *found;
  std::string names = "imagenet, none";
  for (const PublishedWeights& one : all) names += fmt::format(", {}", one.name);
  throw Error(
      fmt::format("--weights {}: neither a file nor published weights of {} (there are: {})", name,
                  architecture.name, names));
}

Path fetch(const PublishedWeights& published, const PretrainedOptions& options) {
  const std::string file(published.file);
  if (const std::optional<Path> cached = find_checkpoint(file)) return *cached;
  const Path target = checkpoint_folder() / file;
  const std::string url(published.url);
  if (options.note) options.note(fmt::format("downloading {} to {}", url, target.string()));
  std::filesystem::create_directories(target.parent_path());
  DownloadOptions download_options;
  download_options.progress = options.progress;
  download(url, target, download_options);
  return target;
}

// Tensors from outside, and how their publisher prepares pictures.
struct Source {
  WeightFile file;
  std::string name;  // for messages
  const PublishedWeights* published = nullptr;
};

Source open_source(const Architecture& architecture, const PretrainedOptions& options) {
  const std::string& weights = options.weights;
  if (std::filesystem::is_regular_file(weights)) return {read_weights(weights), weights};
  if (architecture.built_in) {
    if (weights != "imagenet") {
      throw Error(fmt::format("--weights {}: no such file ({} has its own weights built in)",
                              weights, architecture.name));
    }
    return {embedded_sprout(), "the built-in weights"};
  }
  const PublishedWeights& published = find_published(architecture, weights);
  const Path path = fetch(published, options);
  if (options.note) options.note(fmt::format("weights: {}", path.string()));
  return {read_weights(path), path.string(), &published};
}

Model model_with(const Graph& graph, std::string_view name, std::vector<std::string> classes,
                 const PretrainedOptions& options, HeadWeights head) {
  const Architecture& architecture = find_architecture(name);
  Model model{.graph = graph, .classes = std::move(classes)};
  const PublishedWeights* published = nullptr;
  if (options.weights == "none") {
    model.parameters = initialise_all(graph, options.seed);
  } else {
    const Source source = open_source(architecture, options);
    if (head == HeadWeights::kNeeded && source.published != nullptr &&
        source.published->top1_percent == 0) {
      throw Error(fmt::format(
          "{}: its published weights have no classifier; train one (engraft train DATA --model {})",
          name, name));
    }
    model.graph = fitted_to(graph, source.file.tensors);
    model.parameters = take_parameters(model.graph, source.file.tensors, source.name, head);
    published = source.published;
    const auto own_classes = source.file.metadata.find("classes");
    if (head == HeadWeights::kNeeded && own_classes != source.file.metadata.end()) {
      model.classes = nlohmann::json::parse(own_classes->second);
    }
  }
  if (head == HeadWeights::kReplaced) initialise_head(model.parameters, model.graph, options.seed);
  initialise_auxiliary(model.parameters, model.graph, options.seed);
  const Preprocessing preprocessing = default_preprocessing(architecture, published);
  model.val_transforms = preprocessing.val;
  model.normalization = preprocessing.normalization;
  return model;
}

}  // namespace

Model pretrained_model(std::string_view name, const PretrainedOptions& options) {
  const Graph graph = build_architecture(name);
  std::vector<std::string> classes;
  const std::span<const std::string> imagenet = imagenet_classes();
  if (class_count(graph) == std::ssize(imagenet)) {
    classes.assign(imagenet.begin(), imagenet.end());
  } else {
    for (std::int64_t k = 0; k < class_count(graph); ++k) classes.push_back(std::to_string(k));
  }
  return model_with(graph, name, std::move(classes), options, HeadWeights::kNeeded);
}

Model model_for_classes(std::string_view name, std::vector<std::string> classes,
                        const PretrainedOptions& options) {
  const Graph graph = with_classes(build_architecture(name), std::ssize(classes));
  return model_with(graph, name, std::move(classes), options, HeadWeights::kReplaced);
}

Path fetch_published(std::string_view name, const PretrainedOptions& options) {
  const Architecture& architecture = find_architecture(name);
  if (architecture.built_in) {
    throw Error(fmt::format("{}: its weights are built in; there is nothing to download", name));
  }
  return fetch(find_published(architecture, options.weights), options);
}

}  // namespace engraft
