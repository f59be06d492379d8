#include "run/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "engraft/error.h"
#include "model/classes.h"
#include "model/preparation.h"
#include "pretrained/pretrained.h"
#include "run/compute.h"
#include "transforms/normalization_text.h"
#include "zoo/zoo.h"

namespace engraft::run {
namespace {

namespace fs = std::filesystem;

pretrained::PretrainedOptions pretrained_options(const std::string& weights,
                                                 const training::Settings& settings,
                                                 const base::Events& events) {
  pretrained::PretrainedOptions options;
  options.weights = weights;
  options.seed = settings.seed;
  options.workers = worker_count(settings);
  options.note = events.note;
  options.progress = [events](std::uint64_t done, std::uint64_t total) {
    if (events.progress) events.progress("downloading", done, total);
    return !base::stopped(events);
  };
  return options;
}

bool is_in_the_zoo(const std::string& name) {
  return std::ranges::any_of(zoo::architectures(), [&](const zoo::Architecture& architecture) {
    return architecture.name == name;
  });
}

std::optional<transforms::Normalization> chosen_normalization(const training::Settings& settings) {
  const bool none = !settings.normalize.empty();
  if (none && settings.mean.empty() && settings.stddev.empty()) return transforms::kNoNormalization;
  if (none) throw OptionError("--normalize none stands for --mean and --std: leave those out");
  if (settings.mean.empty() != settings.stddev.empty()) {
    throw OptionError("--mean and --std belong together: give both, or --normalize none");
  }
  if (settings.mean.empty()) return std::nullopt;
  try {
    return transforms::parse_normalization(settings.mean, settings.stddev);
  } catch (const Error& error) {
    throw OptionError(
        fmt::format("--mean {} --std {}: {}", settings.mean, settings.stddev, error.what()));
  }
}

}  // namespace

bool is_saved_model(const std::string& name) {
  if (pretrained::is_onnx(name) || is_in_the_zoo(name)) return false;
  return fs::exists(name) || name.find('/') != std::string::npos || name.ends_with(".safetensors");
}

model::Preparation preparation_of(const training::Settings& settings) {
  model::Preparation preparation{.normalization = chosen_normalization(settings)};
  if (!settings.train_transforms.empty()) {
    preparation.train_transforms =
        parse_pipeline_option("--train-transforms", settings.train_transforms);
  }
  if (!settings.val_transforms.empty()) {
    preparation.val_transforms = parse_pipeline_option("--val-transforms", settings.val_transforms);
  }
  try {
    model::normalization_of(preparation);
  } catch (const Error& error) {
    throw OptionError(error.what());
  }
  return preparation;
}

model::Model open_model(const std::string& name, const training::Settings& settings,
                        const base::Events& events) {
  // Whatever is wrong with the option comes out before any file is opened.
  const model::Preparation preparation = preparation_of(settings);
  if (is_saved_model(name) && settings.is_given("weights")) {
    throw OptionError(fmt::format("--weights {}: {} is a saved model and brings its own",
                                  settings.weights, name));
  }
  model::Model model;
  if (is_saved_model(name)) {
    model = model::load_model(model::model_file(name), zoo::build_architecture);
  } else {
    model =
        pretrained::pretrained_model(name, pretrained_options(settings.weights, settings, events));
  }
  if (!settings.classes.empty()) {
    model::name_classes(model, model::read_class_names(settings.classes));
  }
  model::prepare(model, preparation);
  return model;
}

pretrained::Pretrained open_backbone(const std::string& name, const std::string& weights,
                                     const training::Settings& settings,
                                     const base::Events& events) {
  return pretrained::open_pretrained(name, pretrained_options(weights, settings, events));
}

base::Path fetch_weights(const std::string& name, const std::string& weights,
                         const base::Events& events) {
  return pretrained::fetch_published(name, pretrained_options(weights, {}, events));
}

transforms::Pipeline parse_pipeline_option(const std::string& option, const std::string& text) {
  try {
    return transforms::parse_pipeline(text);
  } catch (const Error& error) {
    throw OptionError(fmt::format("{}: {}", option, error.what()));
  }
}

}  // namespace engraft::run
