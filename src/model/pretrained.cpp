#include "model/pretrained.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "engraft/error.h"
#include "fetch/download.h"
#include "model/initialise.h"
#include "onnx/import.h"
#include "weights/match.h"
#include "weights/weight_file.h"

namespace engraft::model {
namespace {

const zoo::PublishedWeights& find_published(const zoo::Architecture& architecture,
                                            const std::string& name) {
  const std::vector<zoo::PublishedWeights>& all = architecture.weights;
  if (all.empty()) {
    throw Error(fmt::format(
        "--weights {}: no such file, and none are published for {}; give a file, or --weights none",
        name, architecture.name));
  }
  if (name == "imagenet") return all.front();
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const zoo::PublishedWeights& one) { return one.name == name; });
  if (found != all.end()) return *found;
  std::string names = "imagenet, none";
  for (const zoo::PublishedWeights& one : all) names += fmt::format(", {}", one.name);
  throw Error(
      fmt::format("--weights {}: neither a file nor published weights of {} (there are: {})", name,
                  architecture.name, names));
}

base::Path fetch(const zoo::PublishedWeights& published, const PretrainedOptions& options) {
  const std::string file(published.file);
  if (const std::optional<base::Path> cached = fetch::find_checkpoint(file)) return *cached;
  const base::Path target = fetch::checkpoint_folder() / file;
  const std::string url(published.url);
  if (options.note) options.note(fmt::format("downloading {} to {}", url, target.string()));
  std::filesystem::create_directories(target.parent_path());
  fetch::DownloadOptions download_options;
  download_options.progress = options.progress;
  fetch::download(url, target, download_options);
  return target;
}

// Tensors from outside, and how their publisher prepares pictures.
struct Source {
  weights::WeightFile file;
  weights::WeightPlace place;  // the file's name is for messages
  const zoo::PublishedWeights* published = nullptr;
};

Source open_source(const zoo::Architecture& architecture, const PretrainedOptions& options) {
  const std::string& weights = options.weights;
  if (const std::optional<weights::WeightPlace> place = weights::weight_place(weights)) {
    return {weights::read_weights(place->file), *place};
  }
  if (architecture.built_in) {
    if (weights != "imagenet") {
      throw Error(fmt::format("--weights {}: no such file ({} has its own weights built in)",
                              weights, architecture.name));
    }
    return {zoo::embedded_sprout(), {.file = "the built-in weights"}};
  }
  const zoo::PublishedWeights& published = find_published(architecture, weights);
  const base::Path path = fetch(published, options);
  if (options.note) options.note(fmt::format("weights: {}", path.string()));
  return {weights::read_weights(path), {.file = path}, &published};
}

Model model_with(const graph::Graph& graph, std::string_view name, std::vector<std::string> classes,
                 const PretrainedOptions& options, weights::HeadWeights head) {
  const zoo::Architecture& architecture = zoo::find_architecture(name);
  Model model{.graph = graph, .classes = std::move(classes)};
  const zoo::PublishedWeights* published = nullptr;
  if (options.weights == "none") {
    model.parameters = initialise_all(graph, options.seed, options.workers);
  } else {
    const Source source = open_source(architecture, options);
    if (head == weights::HeadWeights::kNeeded && source.published != nullptr &&
        source.published->top1_percent == 0) {
      throw Error(fmt::format(
          "{}: its published weights have no classifier; train one (engraft train DATA --model {})",
          name, name));
    }
    const weights::FoundParameters found =
        weights::find_parameters(graph, source.file, source.place, head);
    if (options.note) std::ranges::for_each(found.notes, options.note);
    model.graph = weights::fitted_to(graph, found.tensors);
    model.parameters = weights::take_parameters(model.graph, found, source.place.file.string(),
                                                head, options.note);
    published = source.published;
    const std::string identity = base::identity_of(source.place.file);
    if (head == weights::HeadWeights::kNeeded && !identity.empty()) {
      model.origin = fmt::format("{} ({})", identity, options.weights);
    }
    const auto own_classes = source.file.metadata.find("classes");
    if (head == weights::HeadWeights::kNeeded && own_classes != source.file.metadata.end()) {
      model.classes = nlohmann::json::parse(own_classes->second);
    }
  }
  if (head == weights::HeadWeights::kReplaced)
    initialise_head(model.parameters, model.graph, options.seed);
  initialise_auxiliary(model.parameters, model.graph, options.seed);
  const zoo::Preprocessing preprocessing = zoo::default_preprocessing(architecture, published);
  model.val_transforms = preprocessing.val;
  model.normalization = preprocessing.normalization;
  return model;
}

// Of a network that comes with its own head: ImageNet's where it has as many, else numbers.
std::vector<std::string> own_classes(const graph::Graph& graph) {
  const std::span<const std::string> imagenet = zoo::imagenet_classes();
  if (graph::class_count(graph) == std::ssize(imagenet)) return {imagenet.begin(), imagenet.end()};
  std::vector<std::string> classes;
  for (std::int64_t k = 0; k < graph::class_count(graph); ++k) classes.push_back(std::to_string(k));
  return classes;
}

// How its pictures are prepared an ONNX file does not say: as for most networks trained on
// ImageNet, at the size that it takes.
zoo::Preprocessing usual_preprocessing(graph::Pair size) {
  const std::int64_t resize = (std::min(size.height, size.width) * 256 + 112) / 224;
  const std::string extents = size.height == size.width
                                  ? std::to_string(size.height)
                                  : fmt::format("{},{}", size.height, size.width);
  return {
      .train = transforms::parse_pipeline(fmt::format("random_resized_crop({}) hflip", extents)),
      .val = transforms::parse_pipeline(fmt::format("resize({}) center_crop({})", resize, extents)),
      .normalization = {}};
}

// Without classes its own head is kept.
Model model_from_onnx(std::string_view file, std::vector<std::string> classes,
                      const PretrainedOptions& options) {
  if (options.weights != "imagenet" && options.weights != "none") {
    throw Error(fmt::format("--weights {}: an ONNX file brings its own", options.weights));
  }
  onnx::ImportedNetwork network = onnx::import_onnx(std::string(file));
  Model model{.graph = std::move(network.graph), .parameters = std::move(network.parameters)};
  model.val_transforms = usual_preprocessing(model.graph.input_size).val;
  if (classes.empty()) {
    model.classes = own_classes(model.graph);
    return model;
  }
  model.classes = std::move(classes);
  model.graph = graph::with_classes(model.graph, std::ssize(model.classes));
  if (options.weights == "none") {
    model.parameters = initialise_all(model.graph, options.seed, options.workers);
  } else {
    initialise_head(model.parameters, model.graph, options.seed);
  }
  return model;
}

}  // namespace

Model pretrained_model(std::string_view name, const PretrainedOptions& options) {
  if (is_onnx(name)) return model_from_onnx(name, {}, options);
  const graph::Graph graph = zoo::build_architecture(name);
  return model_with(graph, name, own_classes(graph), options, weights::HeadWeights::kNeeded);
}

Model model_for_classes(std::string_view name, std::vector<std::string> classes,
                        const PretrainedOptions& options) {
  if (is_onnx(name)) return model_from_onnx(name, std::move(classes), options);
  const graph::Graph graph =
      graph::with_classes(zoo::build_architecture(name), std::ssize(classes));
  return model_with(graph, name, std::move(classes), options, weights::HeadWeights::kReplaced);
}

bool is_onnx(std::string_view name) { return name.ends_with(".onnx"); }

zoo::Preprocessing preprocessing_for(std::string_view name, const std::string& weights) {
  if (is_onnx(name)) {
    return usual_preprocessing(onnx::import_onnx(std::string(name)).graph.input_size);
  }
  const zoo::Architecture& architecture = zoo::find_architecture(name);
  const auto named = std::ranges::find(architecture.weights, weights, &zoo::PublishedWeights::name);
  return zoo::default_preprocessing(architecture,
                                    named == architecture.weights.end() ? nullptr : &*named);
}

base::Path fetch_published(std::string_view name, const PretrainedOptions& options) {
  const zoo::Architecture& architecture = zoo::find_architecture(name);
  if (architecture.built_in) {
    throw Error(fmt::format("{}: its weights are built in; there is nothing to download", name));
  }
  return fetch(find_published(architecture, options.weights), options);
}

}  // namespace engraft::model
