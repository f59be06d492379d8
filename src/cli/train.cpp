// engraft train DATA
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "base/interrupt.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/train_command.h"
#include "engraft/error.h"
#include "graph/select.h"
#include "model/preparation.h"
#include "model/pretrained.h"
#include "report/report.h"
#include "run/compute.h"
#include "run/data_set.h"
#include "run/network.h"
#include "zoo/zoo.h"

namespace engraft::cli {
namespace {

learn::OptimizerKind optimizer_kind(const std::string& name) {
  if (name == "sgd") return learn::OptimizerKind::kSgd;
  if (name == "adamw") return learn::OptimizerKind::kAdamW;
  if (name == "lbfgs") return learn::OptimizerKind::kLbfgs;
  return learn::OptimizerKind::kAdam;
}

training::TrainOptions to_train_options(const training::Settings& settings) {
  training::TrainOptions train;
  train.train = run::split_at_commas(settings.train);
  train.epochs = static_cast<int>(settings.epochs);
  train.batch = static_cast<int>(settings.batch);
  train.optimizer.kind = optimizer_kind(settings.optimizer);
  train.automatic = settings.lr == "auto";
  if (!train.automatic) train.optimizer.learning_rate = static_cast<float>(std::stod(settings.lr));
  train.optimizer.weight_decay = static_cast<float>(settings.weight_decay);
  train.optimizer.momentum = static_cast<float>(settings.momentum);
  train.eval_every = settings.eval_every;
  if (settings.stop_at > 0) train.stop_at_percent = settings.stop_at;
  train.views = settings.views == "fresh" ? 0 : std::stoi(settings.views);
  train.compute = run::resolve_compute(settings);
  train.workers = run::worker_count(settings);
  train.seed = settings.seed;
  train.exact_decode = settings.exact_decode;
  train.cache = run::cache_folder(settings);
  return train;
}

std::int64_t count_of(const data::Dataset& data, data::Split split) {
  return std::ssize(data::samples_of(data, split));
}

void print_plan(Console& console, const training::TrainPlan& plan, const model::Model& model) {
  std::vector<std::string> trainable;
  for (const graph::NamedParameter& parameter : graph::named_parameters(model.graph)) {
    if (plan.trainable.contains(parameter.name)) {
      trainable.push_back(fmt::format("{} {}", parameter.name, base::to_string(parameter.shape)));
    }
  }
  console.line(fmt::format("trainable: {}: {} of {} numbers; all else is frozen",
                           fmt::join(trainable, ", "), base::grouped(plan.trainable_count),
                           base::grouped(plan.parameter_count)));
  console.line(fmt::format("cut: in training after {}, in evaluation after {}", plan.train_cut,
                           plan.eval_cut));
  console.line(fmt::format("{} iterations per epoch", base::grouped(plan.iterations_per_epoch)));
}

void print_point(Console& console, const training::EvalPoint& point) {
  console.line(fmt::format(
      "iteration {:>5}  epoch {:>6.2f}  train loss {:.4f}  accuracy {:6.2f} %  |  val loss {:.4f}  "
      "accuracy {:6.2f} %  |  {:.1f} s",
      point.iteration, point.epoch, point.train_loss, point.train_accuracy_percent, point.val_loss,
      point.val_accuracy_percent, point.seconds));
}

void print_outcome(Console& console, const TrainOutcome& outcome) {
  const training::TrainResult& result = outcome.record.result;
  switch (result.stop) {
    case training::StopReason::kAccuracyReached:
      console.line(fmt::format("stopped: validation accuracy reached {} %",
                               outcome.record.options.stop_at_percent));
      break;
    case training::StopReason::kInterrupted:
      console.line("interrupted: what was reached is saved");
      break;
    case training::StopReason::kConverged:
      console.line("converged");
      break;
    case training::StopReason::kEpochs:
      break;
  }
  console.line(
      emphasised(fmt::format("best validation accuracy {:.2f} % at iteration {}",
                             result.best_metrics.accuracy_percent, result.best_iteration)));
  const training::StageSeconds& seconds = result.seconds;
  console.line(fmt::format(
      "time: {:.1f} s (pictures to features {:.1f} s, head {:.1f} s, validation {:.1f} s, other "
      "{:.1f} s)",
      seconds.total, seconds.val_features + seconds.train_features, seconds.head,
      seconds.validation,
      seconds.total - seconds.val_features - seconds.train_features - seconds.head -
          seconds.validation));
  console.line(fmt::format("run: {}", outcome.folder.string()));
}

nlohmann::json to_json(const TrainOutcome& outcome) {
  const training::TrainResult& result = outcome.record.result;
  const data::Dataset& data = *outcome.record.dataset;
  const training::StageSeconds& seconds = result.seconds;
  nlohmann::json images = {{"train", count_of(data, data::Split::kTrain)},
                           {"val", count_of(data, data::Split::kVal)},
                           {"skipped", data.skipped.size()}};
  const std::int64_t for_testing = count_of(data, data::Split::kTest);
  if (for_testing > 0) images["test"] = for_testing;
  return {{"run", outcome.folder.string()},
          {"model", (outcome.folder / "best.safetensors").string()},
          {"best_accuracy", result.best_metrics.accuracy_percent},
          {"final_accuracy", result.last_metrics.accuracy_percent},
          {"iterations", result.iterations},
          {"classes", data.classes},
          {"images", images},
          {"stopped", record::to_string(result.stop)},
          {"seconds",
           {{"total", seconds.total},
            {"features", seconds.val_features + seconds.train_features},
            {"head", seconds.head},
            {"validation", seconds.validation}}}};
}

training::TrainEvents watching(Console& console, const model::Model& model) {
  training::TrainEvents events;
  events.planned = [&](const training::TrainPlan& plan) { print_plan(console, plan, model); };
  events.validated = [&](const training::EvalPoint& point) { print_point(console, point); };
  events.progress = [&](const std::string& stage, std::size_t done, std::size_t total) {
    console.progress(stage, done, total);
  };
  events.note = [&](const std::string& text) { console.note(text); };
  events.stop_requested = base::interrupted;
  return events;
}

int train_and_print(const TrainCommandOptions& options) {
  Console console(options.format());
  data::Dataset data;
  const TrainOutcome outcome = run_train(options, console, data);
  print_outcome(console, outcome);
  if (console.json()) console.document(to_json(outcome));
  return outcome.exit_code;
}

}  // namespace

namespace {

// A head that is found at once sees each picture as validation does, unless told otherwise: one
// random view of each would only be noise.
transforms::Pipeline training_transforms(const TrainCommandOptions& options,
                                         const zoo::Preprocessing& usual) {
  if (!options.settings.train_transforms.empty()) {
    return run::parse_pipeline_option("--train-transforms", options.settings.train_transforms);
  }
  if (options.settings.lr != "auto") return usual.train;
  return options.settings.val_transforms.empty()
             ? usual.val
             : run::parse_pipeline_option("--val-transforms", options.settings.val_transforms);
}

// The run's folder, made at once so that a place that cannot be written to is known at once; where
// nothing came to lie in it, it goes again.
class NewFolder {
 public:
  // `output`, or where it is empty a folder of `name` in runs/.
  NewFolder(const std::string& output, const std::string& name)
      : made_parent_(output.empty() && !std::filesystem::exists("runs")),
        path_(output.empty() ? record::create_run_folder("runs", name) : base::Path(output)) {
    record::create_output_folder(path_);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;
  const base::Path& path() const { return path_; }
  ~NewFolder() {
    std::error_code not_empty;
    std::filesystem::remove(path_, not_empty);
    if (made_parent_) std::filesystem::remove(path_.parent_path(), not_empty);
  }

 private:
  bool made_parent_ = false;
  base::Path path_;
};

}  // namespace

TrainOutcome run_train(const TrainCommandOptions& options, Console& console, data::Dataset& data) {
  const training::Settings& settings = options.settings;
  const base::Events events = console.events();
  // Whatever is wrong with the options comes out before any work is done.
  training::TrainOptions train_options = to_train_options(settings);
  const zoo::Preprocessing usual = model::preprocessing_for(settings.model, settings.weights);
  train_options.train_transforms = training_transforms(options, usual);
  model::Preparation preparation{.train_transforms = train_options.train_transforms};
  if (!settings.val_transforms.empty()) {
    preparation.val_transforms =
        run::parse_pipeline_option("--val-transforms", settings.val_transforms);
  }
  model::normalization_of(preparation);  // where they contradict each other, that is said now
  const NewFolder new_folder(options.output, settings.model);

  console.line(fmt::format("device: cpu ({} workers, {})", train_options.workers,
                           to_string(train_options.compute.precision)));
  data = run::open_dataset(options.data, settings, events, {.not_data = new_folder.path()});
  data::split_dataset(data,
                      {.val_fraction = settings.is_given("val-fraction")
                                           ? std::optional(settings.val_fraction)
                                           : std::nullopt,
                       .stratify = settings.stratify,
                       .seed = settings.seed},
                      events);
  const std::int64_t for_testing = count_of(data, data::Split::kTest);
  console.line(fmt::format(
      "data: {}: {} pictures in {} classes ({}): {} for training, {} for validation, {}{} left out",
      options.data, base::grouped(std::ssize(data.samples)), data.classes.size(),
      base::enumerated(data.classes), base::grouped(count_of(data, data::Split::kTrain)),
      base::grouped(count_of(data, data::Split::kVal)),
      for_testing > 0 ? base::grouped(for_testing) + " kept apart for testing (engraft eval), " : "",
      data.skipped.size()));

  model::Model start =
      run::open_backbone(settings.model, settings.weights, data.classes, settings.seed, events);
  model::prepare(start, preparation);
  const bool built_in =
      settings.weights == "imagenet" &&
      (model::is_onnx(settings.model) || zoo::find_architecture(settings.model).built_in);
  const std::string weights = built_in ? "built-in" : settings.weights;
  console.line(fmt::format("model: {}, {} weights", settings.model, weights));

  const graph::NodeId cut = graph::find_cut(
      start.graph, graph::select_parameters(start.graph, train_options.train), graph::Mode::kEval);
  if (!run::settle_int8(train_options.compute, settings, data,
                        data::samples_of(data, data::Split::kTrain), start, cut, events)) {
    throw Error("interrupted before anything was trained; nothing is saved");
  }

  TrainOutcome outcome;
  outcome.record.data = options.data;
  outcome.record.command = options.command;
  outcome.record.device = "cpu";
  outcome.record.weights = weights;
  outcome.record.dataset = &data;
  outcome.record.settings = settings;
  outcome.record.options = train_options;
  outcome.record.result = training::train(data, start, train_options, watching(console, start));
  if (outcome.record.result.history.empty()) {
    throw Error("interrupted before anything was trained; nothing is saved");
  }
  outcome.folder = new_folder.path();
  record::write_run_folder(outcome.folder, outcome.record);
  run::limit_cache(settings);
  report::write_report(outcome.folder, outcome.record);
  outcome.exit_code =
      outcome.record.result.stop == training::StopReason::kInterrupted ? kInterrupted : kDone;
  return outcome;
}

void add_train(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "train", "trains a classifier on class folders; writes a run folder with model and report");
  const auto options = std::make_shared<TrainCommandOptions>();
  command
      ->add_option("DATA", options->data,
                   "class folders, or train/ and val/ (valid/, test/) of class folders")
      ->required();
  add_settings(*command, options->settings, training::kTrain);
  command->add_option("--out", options->output, "the run folder (default runs/MODEL-N)")
      ->type_name("DIR");
  command
      ->add_option("--recipe", options->recipe,
                   "these options from a TOML file; those given beside it win")
      ->type_name("FILE.toml");
  add_json(*command, *options);
  command->callback([options, &exit_code] {
    options->command = command_line();
    exit_code = train_and_print(*options);
  });
}

}  // namespace engraft::cli
