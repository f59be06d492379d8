#include "run/train.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <filesystem>
#include <optional>

#include "base/text.h"
#include "base/version.h"
#include "data/split_list.h"
#include "engraft/error.h"
#include "graph/select.h"
#include "infer/compute_plan_json.h"
#include "model/preparation.h"
#include "pretrained/pretrained.h"
#include "record/run_folder.h"
#include "report/report.h"
#include "run/compute.h"
#include "run/data_set.h"
#include "run/network.h"
#include "training/head_kind.h"
#include "training/method.h"
#include "zoo/zoo.h"

namespace engraft::run {
namespace {

namespace fs = std::filesystem;

learn::OptimizerKind optimizer_kind(const std::string& name) {
  if (name == "sgd") return learn::OptimizerKind::kSgd;
  if (name == "adamw") return learn::OptimizerKind::kAdamW;
  return learn::OptimizerKind::kAdam;
}

training::TrainOptions to_train_options(const Settings& settings) {
  training::TrainOptions train;
  train.train = base::split_at_commas(settings.train);
  train.epochs = static_cast<int>(settings.epochs);
  train.batch = static_cast<int>(settings.batch);
  train.optimizer.kind = optimizer_kind(settings.optimizer);
  if (!settings.lr.empty() && settings.lr != "auto") {
    train.optimizer.learning_rate = static_cast<float>(std::stod(settings.lr));
  }
  train.optimizer.weight_decay = static_cast<float>(settings.weight_decay);
  train.optimizer.momentum = static_cast<float>(settings.momentum);
  train.eval_every = settings.eval_every;
  if (settings.stop_at > 0) train.stop_at_percent = settings.stop_at;
  train.views = settings.views == "fresh" ? 0 : std::stoi(settings.views);
  train.workers = worker_count(settings);
  train.seed = settings.seed;
  train.load = load_options(settings);
  train.cache = cache_folder(settings);
  return train;
}

training::GivenOptions given_options(const Settings& settings) {
  return {.names = settings.given,
          .automatic = settings.lr == "auto",
          .lbfgs = settings.optimizer == "lbfgs"};
}

void require_no_contradiction(const Settings& settings) {
  const std::vector<std::string> useless = training::contradictions(given_options(settings));
  if (useless.empty()) return;
  throw OptionError(fmt::format(
      "--lr auto finds the best head at once and has no use for --{}; give --lr a number, or leave "
      "{} out",
      fmt::join(useless, ", --"), useless.size() == 1 ? "it" : "them"));
}

// A job under way.
class Job {
 public:
  Job(const TrainRequest& request, const TrainEvents& events)
      : request_(request),
        events_(events),
        settings_(request.settings),
        options_(to_train_options(settings_)),
        preparation_(checked(settings_)),
        writer_(request.output.empty()
                    ? record::RunWriter::numbered("runs", record::run_name(settings_.model))
                    : record::RunWriter::at(request.output)) {}

  Trained run();

 private:
  // Whatever is wrong with the settings alone comes out before a folder is made.
  static model::Preparation checked(const Settings& settings) {
    require_no_contradiction(settings);
    return preparation_of(settings);
  }
  double elapsed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }
  void fact(const std::string& text) const {
    if (events_.fact) events_.fact(text);
  }

  void open_network();
  void open_pictures();
  bool settle_precision();
  void begin();
  void describe_data();
  void describe_network();
  training::TrainEvents watching();
  void save(const training::TrainResult& result);
  void note_what_repeats() const;

  const TrainRequest& request_;
  const TrainEvents& events_;
  Settings settings_;
  training::TrainOptions options_;
  model::Preparation preparation_;
  record::RunWriter writer_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();

  data::Dataset data_;
  model::Model start_;
  record::Run run_;
  record::Seconds seconds_;
};

// Names of classes are needed for it, but no picture.
void Job::open_network() {
  const double before = elapsed();
  const pretrained::Pretrained backbone =
      open_backbone(settings_.model, settings_.weights, settings_, events_.shared);
  start_ = pretrained::for_classes(backbone, data_.classes);
  model::prepare(start_, preparation_);
  const bool findable =
      training::findable_head(start_.graph, graph::select_parameters(start_.graph, options_.train))
          .has_value();
  options_.method = training::choose_method(given_options(settings_), findable);
  const bool at_once = options_.method == training::Method::kBestHead;
  // A head that is found at once sees each picture as validation does, unless told otherwise: one
  // random view of each would only be noise.
  options_.train_transforms = preparation_.train_transforms ? *preparation_.train_transforms
                              : at_once                     ? start_.val_transforms
                                                            : backbone.preprocessing.train;
  training::require_trainable(start_, options_);
  const bool built_in =
      settings_.weights == "imagenet" &&
      (pretrained::is_onnx(settings_.model) || zoo::find_architecture(settings_.model).built_in);
  run_.weights = built_in ? "built-in" : settings_.weights;
  fact(fmt::format("model: {}, {} weights", settings_.model, run_.weights));
  seconds_.network = elapsed() - before;
}

void Job::open_pictures() {
  const double before = elapsed();
  check_pictures(data_, request_.data, data::Purpose::kTraining, settings_, events_.shared);
  data::split_dataset(
      data_,
      {.val_fraction = settings_.is_given("val-fraction") ? std::optional(settings_.val_fraction)
                                                          : std::nullopt,
       .stratify = settings_.stratify,
       .seed = settings_.seed},
      events_.shared);
  seconds_.pictures = elapsed() - before;
}

bool Job::settle_precision() {
  const graph::NodeId cut = graph::find_cut(
      start_.graph, graph::select_parameters(start_.graph, options_.train), graph::Mode::kEval);
  options_.plan = plan_for(start_, settings_, events_.shared);
  return settle_int8(options_.plan, settings_, data_, data::samples_of(data_, data::Split::kTrain),
                     start_, cut, events_.shared);
}

// What is known before the first picture is opened.
void Job::begin() {
  run_.program = base::version();
  run_.command = request_.command;
  run_.data = request_.data;
  run_.device = "cpu";
  run_.method = options_.method;
  run_.classes = data_.classes;
  run_.counts.assign(data_.classes.size(), {});
  settings_.lr = options_.method == training::Method::kBestHead
                     ? "auto"
                     : fmt::format("{}", options_.optimizer.learning_rate);
  settings_.train_transforms = to_string(options_.train_transforms);
  settings_.val_transforms = to_string(start_.val_transforms);
  settings_.mean = fmt::format("{}", fmt::join(start_.normalization.mean, ","));
  settings_.stddev = fmt::format("{}", fmt::join(start_.normalization.stddev, ","));
  settings_.normalize.clear();
  settings_.workers = options_.workers;
  run_.settings = settings_;
  writer_.write(run_);
}

void Job::describe_data() {
  run_.contents = data::contents_of(data_, all_samples(data_));
  run_.skipped = data_.skipped;
  run_.notes = data_.notes;
  for (const data::Sample& sample : data_.samples) {
    record::Sides& sides = run_.counts[static_cast<std::size_t>(sample.label)];
    ++(sample.split == data::Split::kTrain ? sides.train
       : sample.split == data::Split::kVal ? sides.val
                                           : sides.test);
  }
  writer_.write(run_);
  writer_.write_split(data_);
  const record::Sides all = run_.pictures();
  fact(fmt::format(
      "data: {}: {} pictures in {} classes ({}): {} for training, {} for validation, {}{} left out",
      request_.data, base::grouped(std::ssize(data_.samples)),
      base::grouped(std::ssize(data_.classes)), base::enumerated(data_.classes),
      base::grouped(all.train), base::grouped(all.val),
      all.test == 0 ? "" : base::grouped(all.test) + " kept apart for testing (engraft eval), ",
      base::grouped(std::ssize(data_.skipped))));
}

// How the frozen part is computed, once that is settled.
void Job::describe_network() {
  run_.plan = infer::to_json_text(options_.plan, start_.graph);
  start_.facts[model::kPlanFact] = run_.plan;
  settings_.precision = to_string(options_.plan.precision);
  run_.settings = settings_;
  run_.network = record::Network{.architecture = start_.graph.architecture,
                                 .precision = settings_.precision,
                                 .other_precision = to_string(infer::automatic_precision())};
}

training::TrainEvents Job::watching() {
  training::TrainEvents watch;
  watch.planned = [this](const training::TrainPlan& plan) {
    record::Network& network = *run_.network;
    network.trainable.assign(plan.trainable.begin(), plan.trainable.end());
    network.trainable_count = plan.trainable_count;
    network.parameter_count = plan.parameter_count;
    network.train_cut = plan.train_cut;
    network.eval_cut = plan.eval_cut;
    network.train_features = plan.train_features;
    network.val_features = plan.val_features;
    network.iterations_per_epoch = plan.iterations_per_epoch;
    writer_.write(run_);
    if (events_.planned) events_.planned(plan, start_);
  };
  watch.validated = [this](const training::EvalPoint& point) {
    writer_.add(point);
    run_.history.push_back(point);
    if (events_.validated) events_.validated(point);
  };
  watch.progress = events_.shared.progress;
  watch.note = events_.shared.note;
  watch.stop_requested = events_.shared.stop;
  return watch;
}

// Both models whole, so that each can be used alone, are much for a head that learnt.
void Job::note_what_repeats() const {
  constexpr std::uintmax_t kWorthAWord = 50'000'000;  // bytes
  const base::Path last = writer_.folder() / "last.safetensors";
  if (!fs::exists(last) || fs::hard_link_count(last) > 1) return;
  const record::Network& network = *run_.network;
  const std::uintmax_t frozen =
      fs::file_size(last) / static_cast<std::uintmax_t>(network.parameter_count) *
      static_cast<std::uintmax_t>(network.parameter_count - network.trainable_count);
  if (frozen < kWorthAWord) return;
  note(events_.shared, fmt::format("last.safetensors repeats {} MB of best.safetensors, what was "
                                   "frozen; --keep best leaves it out",
                                   frozen / 1'000'000));
}

void Job::save(const training::TrainResult& result) {
  const double before = elapsed();
  record::Results results{.iterations = result.iterations,
                          .best_iteration = result.best_iteration,
                          .stopped = record::to_string(result.stop),
                          .best = result.best_metrics,
                          .last = result.last_metrics};
  if (options_.method == training::Method::kBestHead) results.penalty = result.chosen_penalty;
  writer_.write_models(run_, result);
  note_what_repeats();
  writer_.write_predictions(data_, result, options_.workers, results);
  seconds_.network += result.seconds.compile;
  seconds_.val_features = result.seconds.val_features;
  seconds_.train_features = result.seconds.train_features;
  seconds_.head = result.seconds.head;
  seconds_.validation = result.seconds.validation;
  seconds_.saving = elapsed() - before;
  seconds_.total = elapsed();
  results.seconds = seconds_;
  run_.results = std::move(results);
  writer_.write(run_);
  report::write_report(writer_.folder());
}

Trained Job::run() {
  note_processor(events_.shared);
  fact(fmt::format(
      "device: cpu ({} workers, {})", options_.workers,
      to_string(resolve_precision(settings_).precision.value_or(infer::automatic_precision()))));
  data_ = data::scan_dataset(request_.data, {.not_data = writer_.folder()});
  open_network();
  begin();
  open_pictures();
  describe_data();
  const auto interrupted = [] {
    return Error("interrupted before anything was trained; nothing is saved");
  };
  if (!settle_precision()) throw interrupted();
  describe_network();
  const training::TrainResult result = training::train(data_, start_, options_, watching());
  if (result.history.empty()) throw interrupted();
  save(result);
  limit_cache(settings_);
  if (result.stop == training::StopReason::kDiverged) {
    throw Error(fmt::format("{}; the best before it, of iteration {}, is saved in {}",
                            result.failure, result.best_iteration, writer_.folder().string()));
  }
  return {.folder = writer_.folder(),
          .run = std::move(run_),
          .data = std::move(data_),
          .interrupted = result.stop == training::StopReason::kInterrupted};
}

}  // namespace

Trained train(const TrainRequest& request, const TrainEvents& events) {
  return Job(request, events).run();
}

}  // namespace engraft::run
