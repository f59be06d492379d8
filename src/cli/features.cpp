// engraft features DATA --model NAME -o FILE
#include <fmt/format.h>

#include <memory>
#include <numeric>
#include <optional>
#include <sstream>

#include "base/interrupt.h"
#include "base/npy.h"
#include "cli/commands.h"
#include "cli/int8.h"
#include "cli/options.h"
#include "cli/recipe.h"
#include "features/feature_cache.h"
#include "features/features.h"
#include "graph/select.h"
#include "weights/safetensors.h"

namespace engraft::cli {
namespace {

struct FeaturesOptions {
  std::string data;
  std::string model = "resnet18";
  std::string train = "head";
  std::string output;
  SharedOptions shared;
};

std::vector<std::string> patterns_of(const std::string& text) {
  std::vector<std::string> patterns;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) patterns.push_back(part);
  return patterns;
}

// The features as they are cut in evaluation: right before the first layer that would learn.
graph::NodeId cut_for(const graph::Graph& graph, const std::string& train) {
  const std::vector<std::string> patterns = patterns_of(train);
  const graph::NodeId cut =
      graph::find_cut(graph, graph::select_parameters(graph, patterns), graph::Mode::kEval);
  if (cut == 0) {
    throw UsageError(
        fmt::format("--train {}: the first layer would learn, so there is nothing "
                    "before it that could be kept",
                    train));
  }
  return cut;
}

int write_features(const FeaturesOptions& options) {
  Console console(options.shared.format());
  resolve_device(options.shared);
  resolve_precision(options.shared);
  const model::Model model = open_model(options.model, options.shared, console);
  const graph::NodeId cut = cut_for(model.graph, options.train);
  const data::Dataset data = open_dataset(options.data, options.shared, console);
  const image::Size size = features::fixed_output_size(model.val_transforms);
  infer::ComputePlan plan = plan_for(model, options.shared, console);
  base::catch_interrupts();
  std::vector<std::size_t> samples(data.samples.size());
  std::iota(samples.begin(), samples.end(), 0);
  if (!settle_int8(plan, options.shared, data, samples, model, cut, console)) {
    return kInterrupted;
  }
  const infer::Executor executor(model.graph, model.parameters, {cut},
                                 {.plan = plan, .input_size = {size.height, size.width}});

  base::Shape shape = executor.output_shape(cut);
  shape.insert(shape.begin(), std::ssize(data.samples));
  base::Tensor features(base::DType::kFloat32, shape);
  std::vector<features::View> views;
  for (std::size_t i = 0; i < data.samples.size(); ++i) views.push_back({i, 0});
  features::FeatureSource source;
  source.pipeline = model.val_transforms;
  source.normalization = model.normalization;
  source.workers = options.shared.worker_count();
  source.exact_decode = options.shared.exact_decode;
  std::optional<cache::RecordStore> cache;
  if (!options.shared.no_cache) {
    cache.emplace(
        options.shared.cache_folder(),
        features::describe_features(model, cut, model.val_transforms, plan,
                                    options.shared.exact_decode, source.workers),
        static_cast<std::size_t>(base::element_count(executor.output_shape(cut))) * sizeof(float));
    source.cache = &*cache;
  }
  source.stop_requested = base::interrupted;
  source.progress = [&](std::size_t done, std::size_t total) {
    console.progress("pictures to features", done, total);
  };
  if (!features::compute_features(source, data, views, 0, executor, cut,
                                  features.mutable_floats())) {
    return kInterrupted;
  }
  cache.reset();
  limit_cache(options.shared);
  if (options.output.ends_with(".safetensors")) {
    weights::write_safetensors(options.output, {{"features", features}},
                               {{"architecture", model.graph.architecture},
                                {"cut", model.graph.nodes[cut].name},
                                {"val_transforms", to_string(model.val_transforms)}});
  } else {
    base::write_npy(options.output, features);
  }

  nlohmann::json images = nlohmann::json::array();
  for (const data::Sample& sample : data.samples) {
    const std::string& label = data.classes[static_cast<std::size_t>(sample.label)];
    if (!console.json()) console.line(fmt::format("{}\t{}", sample.name, label));
    images.push_back({{"path", sample.name}, {"class", label}});
  }
  console.note(fmt::format("{}: {} at {}", options.output, base::to_string(shape),
                           model.graph.nodes[cut].name));
  if (console.json()) {
    console.document({{"file", options.output},
                      {"shape", shape},
                      {"cut", model.graph.nodes[cut].name},
                      {"images", images}});
  }
  return kDone;
}

}  // namespace

void add_features(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "features", "a backbone's features of every picture, in the order of the printed list");
  const auto options = std::make_shared<FeaturesOptions>();
  command->add_option("DATA", options->data, "class folders, or train/ and val/ of class folders")
      ->required();
  command->add_option("--model", options->model, "a network of the zoo, or a saved model")
      ->type_name("NAME")
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "the file to write: .npy or .safetensors")
      ->type_name("FILE")
      ->required()
      ->check([](const std::string& name) {
        return name.ends_with(".npy") || name.ends_with(".safetensors")
                   ? std::string()
                   : "must end in .npy or .safetensors";
      });
  command
      ->add_option("--train", options->train,
                   "what would learn: the features are cut right before it")
      ->type_name("PATTERN,...")
      ->capture_default_str();
  add_weights(*command, options->shared);
  add_val_transforms(*command, options->shared);
  add_compute(*command, options->shared);
  add_cache_use(*command, options->shared);
  add_strict(*command, options->shared);
  add_json(*command, options->shared);
  command->callback([options, &exit_code] { exit_code = write_features(*options); });
}

}  // namespace engraft::cli
