#include "run/network.h"

#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "engraft/error.h"
#include "model/classes.h"
#include "model/preparation.h"

namespace engraft::run {
namespace {

namespace fs = std::filesystem;

model::PretrainedOptions pretrained_options(const std::string& weights, std::uint64_t seed,
                                            const base::Events& events) {
  model::PretrainedOptions options;
  options.weights = weights;
  options.seed = seed;
  options.note = events.note;
  options.progress = [events](std::uint64_t done, std::uint64_t total) {
    if (events.progress) events.progress("downloading", done, total);
    return !base::stopped(events);
  };
  return options;
}

bool is_saved_model(const std::string& name) {
  return !model::is_onnx(name) && (fs::exists(name) || name.find('/') != std::string::npos ||
                                   name.ends_with(".safetensors"));
}

}  // namespace

model::Model open_model(const std::string& name, const training::Settings& settings,
                        const base::Events& events) {
  // Whatever is wrong with the option comes out before any file is opened.
  model::Preparation preparation;
  if (!settings.val_transforms.empty()) {
    preparation.val_transforms = parse_pipeline_option("--val-transforms", settings.val_transforms);
  }
  model::Model model;
  if (fs::is_directory(name)) {
    const base::Path best = base::Path(name) / "best.safetensors";
    if (!fs::exists(best)) throw Error(name + ": a folder without best.safetensors is no run");
    model = model::load_model(best);
  } else if (is_saved_model(name)) {
    model = model::load_model(name);
  } else {
    model =
        model::pretrained_model(name, pretrained_options(settings.weights, settings.seed, events));
  }
  if (!settings.classes.empty()) {
    model::name_classes(model, model::read_class_names(settings.classes));
  }
  model::prepare(model, preparation);
  return model;
}

model::Pretrained open_backbone(const std::string& name, const std::string& weights,
                                std::uint64_t seed, const base::Events& events) {
  return model::open_pretrained(name, pretrained_options(weights, seed, events));
}

base::Path fetch_weights(const std::string& name, const std::string& weights,
                         const base::Events& events) {
  return model::fetch_published(name, pretrained_options(weights, 0, events));
}

transforms::Pipeline parse_pipeline_option(const std::string& option, const std::string& text) {
  try {
    return transforms::parse_pipeline(text);
  } catch (const Error& error) {
    throw OptionError(fmt::format("{}: {}", option, error.what()));
  }
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

}  // namespace engraft::run
