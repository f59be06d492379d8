// engraft eval MODEL DATA
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/interrupt.h"
#include "cli/commands.h"
#include "cli/int8.h"
#include "cli/options.h"
#include "engraft/error.h"
#include "features/features.h"
#include "learn/metrics.h"

namespace engraft::cli {
namespace {

struct EvalOptions {
  std::string model;
  std::string data;
  std::string split = "auto";
  SharedOptions shared;
};

// For each of the data set's classes its place among the model's.
std::vector<int> places_in_model(const data::Dataset& data, const model::Model& model) {
  std::vector<int> places;
  for (const std::string& name : data.classes) {
    const auto found = std::find(model.classes.begin(), model.classes.end(), name);
    if (found == model.classes.end()) {
      std::string known;
      for (const std::string& one : model.classes) {
        if (known.size() > 200) break;
        known += (known.empty() ? "" : ", ") + one;
      }
      throw Error(fmt::format("{}: the model does not know the class \"{}\" (it knows {})",
                              data.root.string(), name, known));
    }
    places.push_back(static_cast<int>(found - model.classes.begin()));
  }
  return places;
}

std::vector<std::size_t> chosen_samples(const data::Dataset& data, const std::string& split) {
  if (split == "train") return data::samples_of(data, data::Split::kTrain);
  if (split == "val") return data::samples_of(data, data::Split::kVal);
  if (split == "auto") {
    std::vector<std::size_t> val = data::samples_of(data, data::Split::kVal);
    if (!val.empty()) return val;
  }
  std::vector<std::size_t> all(data.samples.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  return all;
}

void print_metrics(Console& console, const learn::Metrics& metrics, const model::Model& model,
                   std::size_t images) {
  console.line(fmt::format("accuracy {:.2f} % of {} pictures, loss {:.4f}",
                           metrics.accuracy_percent, images, metrics.loss));
  std::size_t width = 5;
  for (const std::string& name : model.classes) width = std::max(width, name.size());
  console.line(fmt::format("{:<{}}  {:>7} {:>9} {:>7} {:>7}", "class", width, "images", "precision",
                           "recall", "F1"));
  for (std::size_t k = 0; k < model.classes.size(); ++k) {
    const learn::ClassMetrics& one = metrics.classes[k];
    if (one.images == 0 && model.classes.size() > 20) continue;
    console.line(fmt::format("{:<{}}  {:>7} {:>9.4f} {:>7.4f} {:>7.4f}", model.classes[k], width,
                             one.images, one.precision, one.recall, one.f1));
  }
  if (model.classes.size() > 20) return;
  console.line("confusion (rows: true class, columns: predicted)");
  for (std::size_t k = 0; k < model.classes.size(); ++k) {
    std::string row = fmt::format("{:<{}} ", model.classes[k], width);
    for (const std::int64_t count : metrics.confusion[k]) row += fmt::format(" {:>6}", count);
    console.line(row);
  }
}

int evaluate(const EvalOptions& options) {
  Console console(options.shared.format());
  resolve_device(options.shared);
  resolve_precision(options.shared);
  const model::Model model = open_model(options.model, options.shared, console);
  const infer::ComputePlan plan = plan_for(model, options.shared, console);
  require_ranges(plan, options.model);
  const data::Dataset data = data::scan_dataset(options.data);
  const std::vector<int> places = places_in_model(data, model);
  const std::vector<std::size_t> samples = chosen_samples(data, options.split);
  if (samples.empty()) throw Error(options.data + ": has no split \"" + options.split + "\"");
  std::vector<base::Path> files;
  for (const std::size_t i : samples) files.push_back(data.samples[i].path);

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
    console.progress("evaluating", done, total);
  };
  std::vector<std::vector<float>> logits(files.size());
  std::vector<std::string> failures(files.size());
  const bool complete = features::compute_features(
      source, files, executor, output,
      [&](std::size_t i, std::span<const float> row) { logits[i].assign(row.begin(), row.end()); },
      [&](std::size_t i, const std::string& reason) { failures[i] = reason; });
  if (!complete) return kInterrupted;

  std::vector<float> all_logits;
  std::vector<int> labels;
  std::size_t skipped = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (logits[i].empty()) {
      ++skipped;
      console.note(fmt::format("{}: {}", files[i].string(), failures[i]));
      continue;
    }
    all_logits.insert(all_logits.end(), logits[i].begin(), logits[i].end());
    labels.push_back(places[static_cast<std::size_t>(data.samples[samples[i]].label)]);
  }
  if (labels.empty()) throw Error(options.data + ": no picture could be read");
  if (options.shared.strict && skipped > 0) {
    throw Error(fmt::format("{}: {} pictures could not be read", options.data, skipped));
  }
  const learn::Metrics metrics =
      learn::compute_metrics(all_logits, labels, static_cast<int>(model.classes.size()));
  if (!console.json()) {
    print_metrics(console, metrics, model, labels.size());
    return kDone;
  }
  nlohmann::json per_class = nlohmann::json::array();
  for (std::size_t k = 0; k < model.classes.size(); ++k) {
    const learn::ClassMetrics& one = metrics.classes[k];
    per_class.push_back({{"name", model.classes[k]},
                         {"images", one.images},
                         {"precision", one.precision},
                         {"recall", one.recall},
                         {"f1", one.f1}});
  }
  console.document({{"accuracy", metrics.accuracy_percent},
                    {"loss", metrics.loss},
                    {"images", labels.size()},
                    {"skipped", skipped},
                    {"classes", model.classes},
                    {"per_class", per_class},
                    {"confusion", metrics.confusion}});
  return kDone;
}

}  // namespace

void add_eval(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "eval", "accuracy, per-class figures and confusion matrix of a model on labelled pictures");
  const auto options = std::make_shared<EvalOptions>();
  command
      ->add_option("MODEL", options->model, "a saved model, a run folder, or a network of the zoo")
      ->required();
  command->add_option("DATA", options->data, "class folders, or train/ and val/ of class folders")
      ->required();
  command
      ->add_option("--split", options->split,
                   "which side, where DATA has a split of its own (auto: val, else everything)")
      ->check(CLI::IsMember({"auto", "train", "val", "all"}))
      ->capture_default_str();
  add_weights(*command, options->shared);
  add_val_transforms(*command, options->shared);
  add_compute(*command, options->shared);
  add_strict(*command, options->shared);
  add_json(*command, options->shared);
  command->callback([options, &exit_code] { exit_code = evaluate(*options); });
}

}  // namespace engraft::cli
