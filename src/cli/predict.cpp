// engraft predict MODEL IMAGE...
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <numeric>

#include "base/interrupt.h"
#include "cli/commands.h"
#include "cli/int8.h"
#include "cli/options.h"
#include "engraft/error.h"
#include "features/features.h"

namespace engraft::cli {
namespace {

namespace fs = std::filesystem;

struct PredictOptions {
  std::string model;
  std::vector<std::string> images;
  int top = 1;
  bool logits = false;
  SharedOptions shared;
};

bool is_hidden(const base::Path& path) { return path.filename().string().starts_with("."); }

// Files in a folder and below it, sorted by name.
std::vector<base::Path> files_below(const base::Path& folder) {
  std::vector<base::Path> files;
  fs::recursive_directory_iterator walk(folder, fs::directory_options::skip_permission_denied);
  for (auto entry = fs::begin(walk); entry != fs::end(walk); ++entry) {
    if (is_hidden(entry->path())) {
      if (entry->is_directory()) entry.disable_recursion_pending();
    } else if (entry->is_regular_file()) {
      files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<base::Path> files_of(const std::vector<std::string>& arguments) {
  std::vector<base::Path> files;
  const auto add = [&](const std::string& name) {
    if (!fs::is_directory(name)) return files.emplace_back(name), void();
    const std::vector<base::Path> below = files_below(name);
    if (below.empty()) throw Error(name + ": the folder holds no files");
    files.insert(files.end(), below.begin(), below.end());
  };
  for (const std::string& argument : arguments) {
    if (argument != "-") {
      add(argument);
      continue;
    }
    for (std::string line; std::getline(std::cin, line);) {
      if (!line.empty()) add(line);
    }
  }
  return files;
}

struct Prediction {
  std::vector<float> logits;
  std::string error;
};

std::vector<double> softmax(std::span<const float> logits) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> result;
  for (const float logit : logits) result.push_back(std::exp(static_cast<double>(logit - largest)));
  const double sum = std::accumulate(result.begin(), result.end(), 0.0);
  for (double& value : result) value /= sum;
  return result;
}

// Indices of the `count` largest, largest first; the lower index first among equals.
std::vector<std::size_t> largest(std::span<const double> values, int count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t kept = std::min(order.size(), static_cast<std::size_t>(count));
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      return values[a] != values[b] ? values[a] > values[b] : a < b;
                    });
  order.resize(kept);
  return order;
}

nlohmann::json to_json(const base::Path& path, const Prediction& prediction,
                       const model::Model& model, const PredictOptions& options) {
  if (!prediction.error.empty()) return {{"path", path.string()}, {"error", prediction.error}};
  const std::vector<double> probabilities = softmax(prediction.logits);
  nlohmann::json top = nlohmann::json::array();
  for (const std::size_t k : largest(probabilities, options.top)) {
    top.push_back({{"class", model.classes[k]}, {"probability", probabilities[k]}});
  }
  nlohmann::json result = {{"path", path.string()},
                           {"class", top[0]["class"]},
                           {"probability", top[0]["probability"]},
                           {"top", top}};
  if (options.logits) result["logits"] = prediction.logits;
  return result;
}

std::string to_text(const base::Path& path, const Prediction& prediction, const model::Model& model,
                    const PredictOptions& options) {
  std::string text = path.string() + ":";
  const std::vector<double> probabilities = softmax(prediction.logits);
  const char* separator = "";
  for (const std::size_t k : largest(probabilities, options.top)) {
    text += fmt::format("{} {} {:.2f} %", separator, model.classes[k], 100 * probabilities[k]);
    separator = ",";
  }
  if (options.logits) {
    text += "  logits";
    for (const float logit : prediction.logits) text += fmt::format(" {:g}", logit);
  }
  return text;
}

int predict(const PredictOptions& options) {
  Console console(options.shared.format());
  resolve_device(options.shared);
  resolve_precision(options.shared);
  const std::vector<base::Path> files = files_of(options.images);
  if (files.empty()) throw Error("no images: standard input named none");
  const model::Model model = open_model(options.model, options.shared, console);
  const infer::ComputePlan plan = plan_for(model, options.shared, console);
  require_ranges(plan, options.model);
  const image::Size size = features::fixed_output_size(model.val_transforms);
  const graph::NodeId output = model.graph.output();
  const infer::Executor executor(model.graph, model.parameters, {output},
                                 {.plan = plan, .input_size = {size.height, size.width}});

  base::catch_interrupts();
  features::FeatureSource source;
  source.pipeline = model.val_transforms;
  source.normalization = model.normalization;
  source.workers = options.shared.worker_count();
  source.exact_decode = options.shared.exact_decode;
  source.stop_requested = base::interrupted;
  source.progress = [&](std::size_t done, std::size_t total) {
    if (total > 1) console.progress("predicting", done, total);
  };
  std::vector<Prediction> predictions(files.size());
  const bool complete = features::compute_features(
      source, files, executor, output,
      [&](std::size_t i, std::span<const float> logits) {
        predictions[i].logits.assign(logits.begin(), logits.end());
      },
      [&](std::size_t i, const std::string& reason) { predictions[i].error = reason; });
  if (!complete) return kInterrupted;

  std::size_t failures = 0;
  bool absent = false;
  nlohmann::json document = nlohmann::json::array();
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (console.json()) document.push_back(to_json(files[i], predictions[i], model, options));
    if (predictions[i].error.empty()) {
      if (!console.json()) console.line(to_text(files[i], predictions[i], model, options));
      continue;
    }
    ++failures;
    absent = absent || !fs::exists(files[i]);
    console.note(fmt::format("{}: {}", files[i].string(), predictions[i].error));
  }
  if (console.json()) console.document(document);
  if (failures > 0) console.note(fmt::format("{} of {} could not be read", failures, files.size()));
  return absent || (options.shared.strict && failures > 0) ? kFailed : kDone;
}

}  // namespace

void add_predict(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand("predict", "class and probability of pictures");
  const auto options = std::make_shared<PredictOptions>();
  command
      ->add_option("MODEL", options->model, "a saved model, a run folder, or a network of the zoo")
      ->required();
  command
      ->add_option("IMAGE", options->images,
                   "pictures, or folders of them; - reads paths from standard input")
      ->required()
      ->multi_option_policy(CLI::MultiOptionPolicy::Throw)
      ->expected(1, -1);
  command->add_option("--top", options->top, "classes to name, the likeliest first")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command->add_flag("--logits", options->logits, "the network's outputs too");
  add_weights(*command, options->shared);
  add_val_transforms(*command, options->shared);
  add_compute(*command, options->shared);
  add_strict(*command, options->shared);
  add_json(*command, options->shared);
  command->callback([options, &exit_code] { exit_code = predict(*options); });
}

}  // namespace engraft::cli
