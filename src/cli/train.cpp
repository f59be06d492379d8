// engraft train DATA
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>

#include "base/interrupt.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/int8.h"
#include "cli/recipe.h"
#include "cli/train_command.h"
#include "graph/select.h"
#include "model/pretrained.h"
#include "report/report.h"
#include "zoo/zoo.h"

namespace engraft::cli {
namespace {

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

learn::OptimizerKind optimizer_kind(const std::string& name) {
  if (name == "sgd") return learn::OptimizerKind::kSgd;
  if (name == "adamw") return learn::OptimizerKind::kAdamW;
  if (name == "lbfgs") return learn::OptimizerKind::kLbfgs;
  return learn::OptimizerKind::kAdam;
}

int view_count(const std::string& views) {
  if (views == "fresh") return 0;
  try {
    std::size_t used = 0;
    const int count = std::stoi(views, &used);
    if (used == views.size() && count >= 1 && count <= 10'000) return count;
  } catch (const std::exception&) {  // said below
  }
  throw UsageError(fmt::format("--views {}: must be fresh, or a number from 1 to 10000", views));
}

training::TrainOptions to_train_options(const TrainCommandOptions& options) {
  training::TrainOptions train;
  train.train = split_at_commas(options.train);
  train.epochs = options.epochs;
  train.batch = options.shared.batch;
  train.optimizer.kind = optimizer_kind(options.optimizer);
  train.automatic = options.learning_rate == "auto";
  if (!train.automatic) train.optimizer.learning_rate = std::stof(options.learning_rate);
  train.optimizer.weight_decay = options.weight_decay;
  train.optimizer.momentum = options.momentum;
  train.eval_every = options.eval_every;
  train.stop_at_percent = options.stop_at_percent;
  train.views = view_count(options.views);
  train.workers = options.shared.worker_count();
  train.seed = options.shared.seed;
  train.exact_decode = options.shared.exact_decode;
  train.cache = options.shared.cache_folder();
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
  return {{"run", outcome.folder.string()},
          {"model", (outcome.folder / "best.safetensors").string()},
          {"best_accuracy", result.best_metrics.accuracy_percent},
          {"final_accuracy", result.last_metrics.accuracy_percent},
          {"iterations", result.iterations},
          {"classes", data.classes},
          {"images",
           {{"train", count_of(data, data::Split::kTrain)},
            {"val", count_of(data, data::Split::kVal)},
            {"skipped", data.skipped.size()}}},
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
  Console console(options.shared.format());
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
  if (!options.train_transforms.empty()) {
    return parse_pipeline_option("--train-transforms", options.train_transforms);
  }
  if (options.learning_rate != "auto") return usual.train;
  return options.shared.val_transforms.empty()
             ? usual.val
             : parse_pipeline_option("--val-transforms", options.shared.val_transforms);
}

// The run's folder, made at once so that a place that cannot be written to is known at once; where
// nothing came to lie in it, it goes again.
class NewFolder {
 public:
  explicit NewFolder(base::Path path) : path_(std::move(path)) {
    was_there_ = std::filesystem::exists(path_);
    record::create_output_folder(path_);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;
  ~NewFolder() {
    std::error_code not_empty;
    if (!was_there_) std::filesystem::remove(path_, not_empty);
  }

 private:
  base::Path path_;
  bool was_there_ = false;
};

}  // namespace

TrainOutcome run_train(const TrainCommandOptions& options, Console& console, data::Dataset& data) {
  // Whatever is wrong with the options comes out before any work is done.
  const features::PlanChoice choice = resolve_precision(options.shared);
  training::TrainOptions train_options = to_train_options(options);
  const std::string device = resolve_device(options.shared);
  const zoo::Preprocessing usual = model::preprocessing_for(options.model, options.shared.weights);
  train_options.train_transforms = training_transforms(options, usual);
  std::optional<NewFolder> new_folder;
  if (!options.output.empty()) new_folder.emplace(options.output);

  base::catch_interrupts();
  console.line(fmt::format("device: {} ({} workers, {})", device, train_options.workers,
                           to_string(choice.precision.value_or(infer::automatic_precision()))));
  data = open_dataset(options.data, options.shared, console);
  data::split_dataset(data, {.val_fraction = options.val_fraction,
                             .stratify = options.stratify,
                             .seed = options.shared.seed});
  console.line(
      fmt::format("data: {}: {} pictures in {} classes ({}): {} for training, {} for "
                  "validation, {} left out",
                  options.data, base::grouped(std::ssize(data.samples)), data.classes.size(),
                  fmt::join(data.classes, ", "), base::grouped(count_of(data, data::Split::kTrain)),
                  base::grouped(count_of(data, data::Split::kVal)), data.skipped.size()));

  model::PretrainedOptions pretrained;
  pretrained.weights = options.shared.weights;
  pretrained.seed = options.shared.seed;
  pretrained.note = [&](const std::string& text) { console.note(text); };
  pretrained.progress = [&](std::uint64_t done, std::uint64_t total) {
    console.progress("downloading", done, total);
    return !base::interrupted();
  };
  model::Model start = model::model_for_classes(options.model, data.classes, pretrained);
  if (!options.shared.val_transforms.empty()) {
    start.val_transforms = parse_pipeline_option("--val-transforms", options.shared.val_transforms);
  }
  const bool built_in =
      options.shared.weights == "imagenet" &&
      (model::is_onnx(options.model) || zoo::find_architecture(options.model).built_in);
  const std::string weights = built_in ? "built-in" : options.shared.weights;
  console.line(fmt::format("model: {}, {} weights", options.model, weights));

  const graph::NodeId cut = graph::find_cut(
      start.graph, graph::select_parameters(start.graph, train_options.train), graph::Mode::kEval);
  train_options.plan = plan_for(start, options.shared, console);
  if (!settle_int8(train_options.plan, options.shared, data,
                   data::samples_of(data, data::Split::kTrain), start, cut, console)) {
    throw Error("interrupted before anything was trained; nothing is saved");
  }

  TrainOutcome outcome;
  outcome.record.data = options.data;
  outcome.record.command = options.command;
  outcome.record.device = device;
  outcome.record.weights = weights;
  outcome.record.dataset = &data;
  outcome.record.options = train_options;
  outcome.record.result = training::train(data, start, train_options, watching(console, start));
  if (outcome.record.result.history.empty()) {
    throw Error("interrupted before anything was trained; nothing is saved");
  }
  outcome.folder = options.output.empty() ? record::create_run_folder("runs", options.model)
                                          : base::Path(options.output);
  record::write_run_folder(outcome.folder, outcome.record);
  limit_cache(options.shared);
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
  command->add_option("--model", options->model, "the backbone (engraft models lists them)")
      ->type_name("NAME")
      ->capture_default_str();
  add_weights(*command, options->shared);
  command
      ->add_option("--train", options->train,
                   "what learns: head, all, exact names (classifier.6.weight), globs (layer4.*)")
      ->type_name("PATTERN,...")
      ->capture_default_str();
  command
      ->add_option("--val-fraction", options->val_fraction,
                   "share held out where DATA has no split of its own")
      ->check(CLI::Range(0.001, 0.999))
      ->capture_default_str();
  command->add_flag("--stratify", options->stratify, "keep every class's share on both sides");
  command->add_option("--epochs", options->epochs, "passes over the training pictures")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command
      ->add_option(
          "--lr", options->learning_rate,
          "learning rate; auto: the best linear head by L-BFGS, regularised by cross-validation, "
          "on pictures as validation sees them")
      ->check(CLI::PositiveNumber | CLI::IsMember({"auto"}))
      ->type_name("X|auto")
      ->capture_default_str();
  command->add_option("--optimizer", options->optimizer, "as PyTorch defines them")
      ->check(CLI::IsMember({"adam", "adamw", "sgd", "lbfgs"}))
      ->capture_default_str();
  command->add_option("--weight-decay", options->weight_decay, "as the optimizer defines it")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--momentum", options->momentum, "of sgd")
      ->check(CLI::Range(0.0, 1.0))
      ->default_str("0.9");
  command
      ->add_option("--train-transforms", options->train_transforms,
                   "for training pictures, e.g. \"random_resized_crop(224) hflip\"")
      ->type_name("SPEC");
  add_val_transforms(*command, options->shared);
  command
      ->add_option("--views", options->views,
                   "fresh random views of each picture every epoch, or N that are kept and reused")
      ->type_name("fresh|N")
      ->capture_default_str();
  command
      ->add_option("--eval-every", options->eval_every,
                   "iterations between validations (default once an epoch)")
      ->check(CLI::Range(1, 1 << 30));
  command
      ->add_option("--stop-at", options->stop_at_percent,
                   "stop when validation accuracy, in percent, reaches this")
      ->check(CLI::Range(0.0, 100.0))
      ->type_name("ACC");
  add_compute(*command, options->shared);
  add_seed(*command, options->shared);
  command->add_option("--out", options->output, "the run folder (default runs/MODEL-N)")
      ->type_name("DIR");
  command
      ->add_option("--recipe", options->recipe,
                   "these options from a TOML file; those given beside it win")
      ->type_name("FILE.toml");
  add_cache_use(*command, options->shared);
  add_strict(*command, options->shared);
  add_json(*command, options->shared);
  command->callback([options, &exit_code] { exit_code = train_and_print(*options); });
}

}  // namespace engraft::cli
