#include "pretrained/pretrained.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engraft/error.h"
#include "fetch/download.h"
#include "model/initialise.h"
#include "onnx/import.h"
#include "pretrained/preprocessing.h"
#include "weights/match.h"
#include "weights/weight_file.h"

namespace engraft::pretrained {
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
  try {
    fetch::download(url, target, download_options);
  } catch (const Error& error) {
    throw Error(
        fmt::format("{}\n  or give a file of weights: --weights FILE; or --model sprout, "
                    "whose weights are built in",
                    error.what()));
  }
  return target;
}

void tell(const PretrainedOptions& options, const std::string& text) {
  if (options.note) options.note(text);
}

// Tensors from outside, and what is known of them.
struct Source {
  weights::WeightFile file;
  weights::WeightPlace place;  // the file's name is for messages
  const zoo::PublishedWeights* published = nullptr;
  bool given = false;  // by path
};

Source open_source(const zoo::Architecture& architecture, const PretrainedOptions& options) {
  const std::string& weights = options.weights;
  if (const std::optional<weights::WeightPlace> place = weights::weight_place(weights)) {
    return {weights::read_weights(place->file), *place, nullptr, true};
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
  tell(options, fmt::format("weights: {}", path.string()));
  return {weights::read_weights(path), {.file = path}, &published};
}

// The network with as many classes as the head in the file has, and as many positions.
graph::Graph as_in_file(const graph::Graph& graph, const base::StateDict& tensors) {
  const graph::Node& head = graph.nodes[graph::head_of(graph)];
  const auto weight = tensors.find(graph::full_name(head, graph::parameters_of(head.layer)[0]));
  const bool has_head = weight != tensors.end() && !weight->second.shape().empty();
  const std::int64_t classes = has_head ? weight->second.shape()[0] : 0;
  return weights::fitted_to(classes > 0 ? graph::with_classes(graph, classes) : graph, tensors);
}

// What a model saved by Engraft calls its classes.
std::vector<std::string> named_classes(const weights::WeightFile& file, const graph::Graph& graph) {
  const auto text = file.metadata.find("classes");
  if (text == file.metadata.end()) return {};
  const nlohmann::json names = nlohmann::json::parse(text->second, nullptr, false);
  const bool are_names = names.is_array() && std::ranges::all_of(names, [](const auto& one) {
                           return one.is_string();
                         });
  if (!are_names || std::ssize(names) != graph::class_count(graph)) return {};
  return names;
}

Pretrained open_zoo_network(std::string_view name, const PretrainedOptions& options) {
  const zoo::Architecture& architecture = zoo::find_architecture(name);
  Pretrained network{.name = std::string(name), .graph = architecture.build(), .options = options};
  if (options.weights == "none") {
    network.parameters = model::initialise_all(network.graph, options.seed, options.workers);
    network.preprocessing = zoo::default_preprocessing(architecture);
    return network;
  }
  const Source source = open_source(architecture, options);
  const std::string file = source.place.file.string();
  const weights::FoundParameters found =
      weights::find_parameters(network.graph, source.file, source.place);
  for (const std::string& text : found.notes) tell(options, text);
  network.graph = as_in_file(network.graph, found.tensors);
  network.head_problem =
      weights::mismatch(network.graph, found, file, weights::HeadWeights::kNeeded);
  const bool whole = network.head_problem.empty();
  const std::string identity = base::identity_of(source.place.file);
  if (!identity.empty()) network.origin = fmt::format("{} ({})", identity, options.weights);
  network.parameters = weights::take_parameters(
      network.graph, found, file,
      whole ? weights::HeadWeights::kNeeded : weights::HeadWeights::kReplaced, options.note);
  if (source.published != nullptr && source.published->top1_percent == 0) {
    network.head_problem = fmt::format(
        "{}: its published weights have no classifier; train one (engraft train DATA --model {})",
        name, name);
  }
  network.classes = named_classes(source.file, network.graph);
  network.preprocessing = source.given
                              ? preprocessing_of_file(architecture, network.graph, source.file,
                                                      source.place.file, options.note)
                              : zoo::default_preprocessing(architecture, source.published);
  return network;
}

Pretrained open_onnx(std::string_view file, const PretrainedOptions& options) {
  if (options.weights != "imagenet" && options.weights != "none") {
    throw Error(fmt::format("--weights {}: an ONNX file brings its own", options.weights));
  }
  onnx::ImportedNetwork imported = onnx::import_onnx(std::string(file));
  Pretrained network{.name = std::string(file),
                     .graph = std::move(imported.graph),
                     .parameters = std::move(imported.parameters),
                     .options = options};
  network.preprocessing = usual_preprocessing(network.graph.input_size);
  if (const int range = imported.input_range; range > 0) {
    const float unit = 1 / static_cast<float>(range);
    network.preprocessing.normalization = {.mean = {0, 0, 0}, .stddev = {unit, unit, unit}};
    tell(options, fmt::format("{}: it normalises pictures itself; their values go in as 0 to {}",
                              file, range));
  }
  if (imported.output == onnx::OutputKind::kSigmoid && graph::class_count(network.graph) > 1) {
    network.head_problem = fmt::format(
        "{}: it says yes or no to each of {} classes by a sigmoid (several may be right at once: "
        "multi-label), while here one class is right; as a backbone it serves: engraft train DATA "
        "--model {}",
        file, graph::class_count(network.graph), file);
  }
  if (options.weights == "none") {
    network.parameters = model::initialise_all(network.graph, options.seed, options.workers);
  }
  return network;
}

// ImageNet's where there are as many, else numbers.
std::vector<std::string> assumed_classes(const Pretrained& network) {
  const std::span<const std::string> imagenet = zoo::imagenet_classes();
  const std::int64_t count = graph::class_count(network.graph);
  if (count == std::ssize(imagenet)) return {imagenet.begin(), imagenet.end()};
  std::vector<std::string> classes;
  for (std::int64_t k = 0; k < count; ++k) classes.push_back(std::to_string(k));
  tell(network.options, fmt::format("{}: {} classes without names are called 0 to {}; --classes "
                                    "names them",
                                    network.name, count, count - 1));
  return classes;
}

Model model_of(const Pretrained& network) {
  return {.graph = network.graph,
          .parameters = network.parameters,
          .val_transforms = network.preprocessing.val,
          .normalization = network.preprocessing.normalization};
}

// Auxiliary heads go with the number of classes.
void drop_reshaped(Model& model) {
  for (const graph::NamedParameter& parameter : graph::named_parameters(model.graph)) {
    const auto at = model.parameters.find(parameter.name);
    if (at != model.parameters.end() && at->second.shape() != parameter.shape) {
      model.parameters.erase(at);
    }
  }
}

// The rows of the network's own head in the order of `classes`; nothing where it is for others.
std::optional<std::vector<std::size_t>> rows_for(const Pretrained& network,
                                                 const std::vector<std::string>& classes) {
  if (!network.head_problem.empty() || network.classes.size() != classes.size() ||
      std::set(classes.begin(), classes.end()).size() != classes.size()) {
    return std::nullopt;
  }
  std::vector<std::size_t> rows;
  for (const std::string& name : classes) {
    const auto found = std::ranges::find(network.classes, name);
    if (found == network.classes.end()) return std::nullopt;
    rows.push_back(static_cast<std::size_t>(found - network.classes.begin()));
  }
  return rows;
}

void reorder_head(Model& model, const std::vector<std::size_t>& rows) {
  const graph::Node& head = model.graph.nodes[graph::head_of(model.graph)];
  for (const graph::ParameterSpec& spec : graph::parameters_of(head.layer)) {
    base::Tensor& tensor = model.parameters.at(graph::full_name(head, spec));
    base::Tensor ordered(tensor.dtype(), tensor.shape());
    const std::size_t row = tensor.bytes().size() / rows.size();
    for (std::size_t k = 0; k < rows.size(); ++k) {
      std::ranges::copy(tensor.bytes().subspan(rows[k] * row, row),
                        ordered.mutable_bytes().subspan(k * row).begin());
    }
    tensor = ordered;
  }
}

// A head that gives one number means its sigmoid: the probability of the second of two classes. A
// row of zeros before it makes softmax say the same.
void give_two_classes(Model& model) {
  model.graph = graph::with_classes(model.graph, 2);
  const graph::Node& head = model.graph.nodes[graph::head_of(model.graph)];
  for (const graph::ParameterSpec& spec : graph::parameters_of(head.layer)) {
    base::Tensor& tensor = model.parameters.at(graph::full_name(head, spec));
    base::Shape shape = tensor.shape();
    shape[0] = 2;
    base::Tensor both(tensor.dtype(), shape);
    std::ranges::copy(tensor.bytes(), both.mutable_bytes().subspan(tensor.bytes().size()).begin());
    tensor = both;
  }
}

}  // namespace

Pretrained open_pretrained(std::string_view name, const PretrainedOptions& options) {
  return is_onnx(name) ? open_onnx(name, options) : open_zoo_network(name, options);
}

Model as_published(const Pretrained& network) {
  if (!network.head_problem.empty()) throw Error(network.head_problem);
  graph::require_logits(network.graph, network.graph.input_size);
  Model model = model_of(network);
  if (graph::class_count(network.graph) == 1) {
    give_two_classes(model);
    model.classes = {"0", "1"};
    tell(network.options,
         network.name +
             ": its one output is taken as the second of two classes, called 0 and 1; "
             "--classes names them");
  } else {
    model.classes = network.classes.empty() ? assumed_classes(network) : network.classes;
    model.origin = network.origin;
  }
  model::initialise_auxiliary(model.parameters, model.graph, network.options.seed);
  return model;
}

Model for_classes(const Pretrained& network, std::vector<std::string> classes) {
  Model model = model_of(network);
  model.graph = graph::with_classes(model.graph, std::ssize(classes));
  graph::require_logits(model.graph, model.graph.input_size);
  drop_reshaped(model);
  if (const auto rows = rows_for(network, classes)) {
    reorder_head(model, *rows);
    tell(network.options, fmt::format("{}: the head is kept, for its classes are the same",
                                      network.options.weights));
  } else {
    model::initialise_head(model.parameters, model.graph, network.options.seed);
  }
  model.classes = std::move(classes);
  model::initialise_auxiliary(model.parameters, model.graph, network.options.seed);
  return model;
}

Model pretrained_model(std::string_view name, const PretrainedOptions& options) {
  return as_published(open_pretrained(name, options));
}

Model model_for_classes(std::string_view name, std::vector<std::string> classes,
                        const PretrainedOptions& options) {
  return for_classes(open_pretrained(name, options), std::move(classes));
}

bool is_onnx(std::string_view name) { return base::lower_ascii(name).ends_with(".onnx"); }

zoo::Preprocessing preprocessing_for(std::string_view name) {
  if (is_onnx(name)) return open_onnx(name, {}).preprocessing;
  return zoo::default_preprocessing(zoo::find_architecture(name));
}

base::Path fetch_published(std::string_view name, const PretrainedOptions& options) {
  const zoo::Architecture& architecture = zoo::find_architecture(name);
  if (architecture.built_in) {
    throw Error(fmt::format("{}: its weights are built in; there is nothing to download", name));
  }
  return fetch(find_published(architecture, options.weights), options);
}

}  // namespace engraft::pretrained
