// engraft compare DATA --models a,b,c
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <numeric>
#include <sstream>
#include <vector>

#include "base/interrupt.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/int8.h"
#include "cli/options.h"
#include "cli/recipe.h"
#include "features/features.h"
#include "fetch/download.h"
#include "graph/select.h"
#include "learn/probe.h"
#include "model/pretrained.h"
#include "report/scatter.h"
#include "report/wilson.h"
#include "zoo/zoo.h"

namespace engraft::cli {
namespace {

constexpr const char* kFast =
    "shufflenet_v2_x1_0,mobilenet_v3_small,mobilenet_v3_large,mobilenet_v2,squeezenet1_1,"
    "mnasnet1_0,regnet_y_400mf,efficientnet_b0,resnet18";
constexpr const char* kAccurate =
    "resnet50,densenet121,regnet_y_1_6gf,regnet_y_3_2gf,efficientnet_b2,efficientnet_b3,"
    "efficientnet_v2_s,resnext50_32x4d";

struct CompareOptions {
  std::string data;
  std::string models = "all-cached";
  std::string plot;
  int folds = 5;
  SharedOptions shared;
};

// One backbone to try: NAME, or NAME=FILE with its own weights.
struct Candidate {
  std::string name;
  std::string weights;
};

struct Result {
  Candidate candidate;
  std::string error;  // why there is no result; empty: there is one
  learn::ProbeResult probe;
  graph::Cost cost;
  std::int64_t features = 0;
  double images_per_second = 0;
  double seconds = 0;

  double accuracy() const {
    return 100 * static_cast<double>(probe.right) / static_cast<double>(probe.pictures);
  }
  report::Interval interval() const { return report::wilson_interval(probe.right, probe.pictures); }
};

std::string all_cached() {
  std::string names = "sprout";
  for (const zoo::Architecture& architecture : zoo::architectures()) {
    if (!architecture.weights.empty() &&
        std::filesystem::exists(fetch::checkpoint_folder() / architecture.weights.front().file)) {
      names += fmt::format(",{}", architecture.name);
    }
  }
  return names;
}

std::vector<Candidate> candidates_of(const CompareOptions& options) {
  const std::string list = options.models == "fast"         ? kFast
                           : options.models == "accurate"   ? kAccurate
                           : options.models == "all-cached" ? all_cached()
                                                            : options.models;
  std::vector<Candidate> candidates;
  std::istringstream stream(list);
  for (std::string part; std::getline(stream, part, ',');) {
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string name = part.substr(0, equals);
    if (!model::is_onnx(name))
      zoo::find_architecture(name);  // a wrong name comes out before any work
    candidates.push_back(
        {name, equals == std::string::npos ? options.shared.weights : part.substr(equals + 1)});
  }
  if (candidates.empty()) throw UsageError("--models: no network is named");
  return candidates;
}

class Comparison {
 public:
  Comparison(const CompareOptions& options, const data::Dataset& data, Console& console)
      : options_(options), data_(data), console_(console) {
    for (const data::Sample& sample : data.samples) labels_.push_back(sample.label);
  }

  Result judge(const Candidate& candidate) const {
    Result result{.candidate = candidate};
    try {
      judge(candidate, result);
    } catch (const Error& error) {
      result.error = error.what();
    }
    return result;
  }

 private:
  void judge(const Candidate& candidate, Result& result) const {
    const auto begun = std::chrono::steady_clock::now();
    const auto elapsed = [&] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    };
    model::PretrainedOptions pretrained{.weights = candidate.weights, .seed = options_.shared.seed};
    pretrained.progress = [&](std::uint64_t done, std::uint64_t total) {
      console_.progress("downloading " + candidate.name, done, total);
      return !base::interrupted();
    };
    const model::Model model = model::model_for_classes(candidate.name, data_.classes, pretrained);
    const graph::NodeId cut = graph::find_cut(
        model.graph, graph::select_parameters(model.graph, std::vector<std::string>{"head"}),
        graph::Mode::kEval);
    const image::Size size = features::fixed_output_size(model.val_transforms);
    infer::ComputePlan plan = plan_for(model, options_.shared, console_);
    std::vector<std::size_t> samples(data_.samples.size());
    std::iota(samples.begin(), samples.end(), 0);
    if (!settle_int8(plan, options_.shared, data_, samples, model, cut, console_)) {
      return stopped(result);
    }
    const infer::Executor executor(model.graph, model.parameters, {cut},
                                   {.plan = plan, .input_size = {size.height, size.width}});
    const base::Shape shape = executor.output_shape(cut);
    std::vector<float> features(labels_.size() *
                                static_cast<std::size_t>(base::element_count(shape)));
    std::vector<features::View> views;
    for (std::size_t i = 0; i < labels_.size(); ++i) views.push_back({i, 0});
    features::FeatureSource source;
    source.pipeline = model.val_transforms;
    source.normalization = model.normalization;
    source.workers = options_.shared.worker_count();
    source.exact_decode = options_.shared.exact_decode;
    source.stop_requested = base::interrupted;
    source.progress = [&](std::size_t done, std::size_t total) {
      console_.progress(candidate.name, done, total);
    };
    const double before = elapsed();
    if (!features::compute_features(source, data_, views, 0, executor, cut, features))
      return stopped(result);
    result.images_per_second = static_cast<double>(labels_.size()) / (elapsed() - before);
    features = learn::pooled(features, shape);
    result.features = std::ssize(features) / std::ssize(labels_);
    result.probe = learn::cross_validate(features, labels_, static_cast<int>(data_.classes.size()),
                                         {.folds = options_.folds,
                                          .seed = options_.shared.seed,
                                          .workers = options_.shared.worker_count(),
                                          .stop_requested = base::interrupted});
    if (!result.probe.complete) return stopped(result);
    result.cost = graph::cost_of(model.graph);
    result.seconds = elapsed();
  }

  static void stopped(Result& result) { result.error = "interrupted"; }

  const CompareOptions& options_;
  const data::Dataset& data_;
  Console& console_;
  std::vector<int> labels_;
};

nlohmann::json to_json(const Result& result) {
  nlohmann::json json{{"model", result.candidate.name}, {"weights", result.candidate.weights}};
  if (!result.error.empty()) {
    json["error"] = result.error;
    return json;
  }
  json.update({{"accuracy", result.accuracy()},
               {"low", 100 * result.interval().low},
               {"high", 100 * result.interval().high},
               {"loss", result.probe.loss},
               {"penalty", result.probe.penalty},
               {"images", result.probe.pictures},
               {"images_per_second", result.images_per_second},
               {"features", result.features},
               {"parameters", result.cost.parameters},
               {"multiply_adds", result.cost.multiply_adds},
               {"seconds", result.seconds}});
  return json;
}

void print_table(Console& console, const std::vector<Result>& results) {
  console.line(fmt::format("{:<20} {:>10} {:>17} {:>10} {:>13} {:>9}", "network", "accuracy",
                           "95 % interval", "images/s", "parameters", "features"));
  for (const Result& result : results) {
    if (!result.error.empty()) {
      console.line(fmt::format("{:<20} {}", result.candidate.name, result.error));
      continue;
    }
    const report::Interval interval = result.interval();
    console.line(fmt::format(
        "{:<20} {:>8.2f} % {:>17} {:>10.1f} {:>13} {:>9}", result.candidate.name, result.accuracy(),
        fmt::format("{:.1f} to {:.1f} %", 100 * interval.low, 100 * interval.high),
        result.images_per_second, base::grouped(result.cost.parameters),
        base::grouped(result.features)));
  }
}

// The fastest of those that the best one does not clearly beat.
const Result& recommended(const std::vector<Result>& done) {
  const Result* choice = &done.front();
  for (const Result& result : done) {
    const bool as_good = result.accuracy() >= 100 * done.front().interval().low;
    if (as_good && result.images_per_second > choice->images_per_second) choice = &result;
  }
  return *choice;
}

void write_plot(const std::string& file, const std::vector<Result>& done, const std::string& data) {
  std::vector<report::ScatterPoint> points;
  for (const Result& result : done) {
    points.push_back({result.candidate.name, result.images_per_second, result.accuracy(),
                      100 * result.interval().low, 100 * result.interval().high});
  }
  const base::Path path(data);
  const std::string name = (path.has_filename() ? path : path.parent_path()).filename().string();
  base::write_atomically(
      file, report::scatter_svg(points, {.title = "Which backbone suits " + name,
                                         .x_label = "pictures a second, decoding included",
                                         .y_label = "accuracy, %"}));
}

int compare(const CompareOptions& options) {
  Console console(options.shared.format());
  resolve_device(options.shared);
  resolve_precision(options.shared);
  const std::vector<Candidate> candidates = candidates_of(options);
  if (!options.plot.empty() && !options.plot.ends_with(".svg")) {
    throw UsageError("--plot " + options.plot + ": the plot is an .svg file");
  }
  base::catch_interrupts();
  const data::Dataset data = open_dataset(options.data, options.shared, console);
  console.line(fmt::format("{} pictures of {} classes; {}-fold cross-validation of a linear head",
                           base::grouped(std::ssize(data.samples)), data.classes.size(),
                           options.folds));
  const Comparison comparison(options, data, console);
  std::vector<Result> results;
  for (const Candidate& candidate : candidates) {
    results.push_back(comparison.judge(candidate));
    const Result& result = results.back();
    console.note(result.error.empty() ? fmt::format("{}: {:.2f} %, {:.1f} s", candidate.name,
                                                    result.accuracy(), result.seconds)
                                      : fmt::format("{}: {}", candidate.name, result.error));
    if (base::interrupted()) break;
  }
  std::ranges::stable_sort(results, [](const Result& a, const Result& b) {
    if (a.error.empty() != b.error.empty()) return a.error.empty();
    return a.error.empty() && a.accuracy() > b.accuracy();
  });
  std::vector<Result> done = results;
  std::erase_if(done, [](const Result& result) { return !result.error.empty(); });

  print_table(console, results);
  if (!done.empty()) {
    const Result& choice = recommended(done);
    const bool best = &choice == &done.front();
    console.line(
        fmt::format("{} is the best{}", done.front().candidate.name,
                    best ? ""
                         : fmt::format("; {} is {:.1f} times as fast and not clearly "
                                       "worse",
                                       choice.candidate.name,
                                       choice.images_per_second / done.front().images_per_second)));
    if (!options.plot.empty()) write_plot(options.plot, done, options.data);
  }
  if (console.json()) {
    nlohmann::json document = nlohmann::json::array();
    for (const Result& result : results) document.push_back(to_json(result));
    console.document(document);
  }
  if (base::interrupted()) return kInterrupted;
  return done.empty() ? kFailed : kDone;
}

}  // namespace

void add_compare(CLI::App& program, int& exit_code) {
  CLI::App* command =
      program.add_subcommand("compare", "which backbone suits these pictures: accuracy and speed");
  const auto options = std::make_shared<CompareOptions>();
  command->add_option("DATA", options->data, "class folders, or train/ and val/ of class folders")
      ->required();
  command
      ->add_option("--models", options->models,
                   "networks, or NAME=FILE for weights of your own; fast, accurate, or all-cached "
                   "(those that need no download)")
      ->type_name("NAME,...")
      ->capture_default_str();
  command->add_option("--folds", options->folds, "parts of the cross-validation")
      ->check(CLI::Range(2, 100))
      ->capture_default_str();
  command->add_option("--plot", options->plot, "accuracy against speed, as a picture")
      ->type_name("FILE.svg");
  add_weights(*command, options->shared);
  add_compute(*command, options->shared);
  add_seed(*command, options->shared);
  add_strict(*command, options->shared);
  add_json(*command, options->shared);
  command->callback([options, &exit_code] { exit_code = compare(*options); });
}

}  // namespace engraft::cli
