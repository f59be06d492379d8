// engraft train DATA
#include "run/train.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "base/text.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/summary.h"
#include "graph/select.h"

namespace engraft::cli {
namespace {

struct TrainOptions : VerbOptions {
  std::string data;
  std::string output;
  std::string recipe;  // read before the command line is parsed; here for the help text
};

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
}

void print_point(Console& console, const training::EvalPoint& point) {
  console.line(
      fmt::format("iteration {:>5}  train loss {:.4f} {:>6.2f} %  val loss {:.4f} {:>6.2f} %  "
                  "{:.1f} s",
                  point.iteration, point.train_loss, point.train_accuracy_percent, point.val_loss,
                  point.val_accuracy_percent, point.seconds));
}

nlohmann::json to_json(const run::Trained& trained) {
  const record::Results& results = *trained.run.results;
  const record::Seconds& seconds = results.seconds;
  const record::Sides pictures = trained.run.pictures();
  nlohmann::json images{
      {"train", pictures.train}, {"val", pictures.val}, {"skipped", trained.run.skipped.size()}};
  if (pictures.test > 0) images["test"] = pictures.test;
  return {{"run", trained.folder.string()},
          {"model", (trained.folder / "best.safetensors").string()},
          {"best_accuracy", results.best.accuracy_percent},
          {"final_accuracy", results.last.accuracy_percent},
          {"iterations", results.iterations},
          {"classes", trained.run.classes},
          {"images", images},
          {"stopped", results.stopped},
          {"seconds",
           {{"total", seconds.total},
            {"pictures", seconds.pictures},
            {"network", seconds.network},
            {"features", seconds.val_features + seconds.train_features},
            {"head", seconds.head},
            {"validation", seconds.validation},
            {"saving", seconds.saving}}}};
}

int train(const TrainOptions& options) {
  Console console(options.format());
  const run::Trained trained = run::train({.data = options.data,
                                           .output = options.output,
                                           .command = command_line(),
                                           .settings = options.settings},
                                          watching(console));
  print_summary(console, trained);
  console.line(fmt::format("report: {}", (trained.folder / "report.html").string()));
  console.line(fmt::format("run: {}", trained.folder.string()));
  if (console.json()) console.document(to_json(trained));
  return trained.interrupted ? kInterrupted : kDone;
}

}  // namespace

run::TrainEvents watching(Console& console) {
  return {.shared = console.events(),
          .fact = [&](const std::string& text) { console.line(text); },
          .planned = [&](const training::TrainPlan& plan,
                         const model::Model& model) { print_plan(console, plan, model); },
          .validated = [&](const training::EvalPoint& point) { print_point(console, point); }};
}

void add_train(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "train", "trains a classifier on class folders; writes a run folder with model and report");
  const auto options = std::make_shared<TrainOptions>();
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
  command->callback([options, &exit_code] { exit_code = train(*options); });
}

}  // namespace engraft::cli
