// engraft eval MODEL DATA
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/table.h"
#include "record/metrics_json.h"
#include "run/evaluate.h"

namespace engraft::cli {
namespace {

constexpr std::size_t kMostRows = 20;  // classes that are listed whether they have pictures or not
constexpr std::size_t kMostColumns = 10;  // classes whose confusion matrix fits a terminal

struct EvalOptions : VerbOptions {
  run::EvaluateRequest request;
};

void print_classes(Console& console, const run::Evaluation& evaluation) {
  Table table({{"class", Align::kLeft},
               {"images", Align::kRight},
               {"precision", Align::kRight},
               {"recall", Align::kRight},
               {"F1", Align::kRight}});
  const std::vector<std::string>& classes = evaluation.classes;
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const learn::ClassMetrics& one = evaluation.metrics.classes[k];
    if (one.images == 0 && classes.size() > kMostRows) continue;
    table.add({classes[k], base::grouped(one.images), fmt::format("{:.4f}", one.precision),
               fmt::format("{:.4f}", one.recall), fmt::format("{:.4f}", one.f1)});
  }
  table.print(console);
}

void print_confusion(Console& console, const run::Evaluation& evaluation) {
  const std::vector<std::string>& classes = evaluation.classes;
  if (classes.size() > kMostColumns) {
    console.line(fmt::format("{} classes: too many for a confusion matrix here; --json has it",
                             classes.size()));
    return;
  }
  std::vector<Column> columns{{"shows \\ taken for", Align::kLeft}};
  for (const std::string& name : classes) columns.push_back({name, Align::kRight});
  Table table(columns);
  const learn::Confusion::Matrix confusion = evaluation.metrics.confusion.matrix();
  for (std::size_t k = 0; k < classes.size(); ++k) {
    std::vector<std::string> row{classes[k]};
    for (const std::int64_t count : confusion[k]) {
      row.push_back(base::grouped(count));
    }
    table.add(row);
  }
  table.print(console);
}

int evaluate(const EvalOptions& options) {
  Console console(options.format());
  run::EvaluateRequest request = options.request;
  request.settings = options.settings;
  const std::optional<run::Evaluation> evaluation = run::evaluate(request, console.events());
  if (!evaluation) return kInterrupted;
  const learn::Metrics& metrics = evaluation->metrics;
  if (console.json()) {
    nlohmann::json document = record::to_json(metrics, evaluation->classes);
    document["per_class"] = document["classes"];
    document["classes"] = evaluation->classes;
    document["images"] = evaluation->pictures;
    document["skipped"] = evaluation->skipped;
    console.document(document);
    return kDone;
  }
  console.line(fmt::format("accuracy {:.2f} % of {} pictures, loss {:.4f}",
                           metrics.accuracy_percent, base::grouped(evaluation->pictures),
                           metrics.loss));
  print_classes(console, *evaluation);
  print_confusion(console, *evaluation);
  return kDone;
}

}  // namespace

void add_eval(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "eval", "accuracy, per-class figures and confusion matrix of a model on labelled pictures");
  const auto options = std::make_shared<EvalOptions>();
  command
      ->add_option("MODEL", options->request.model,
                   "a saved model, a run folder, or a network of the zoo")
      ->required();
  command
      ->add_option("DATA", options->request.data,
                   "class folders, or train/, val/ and test/ of class folders")
      ->required();
  command
      ->add_option("--split", options->request.split,
                   "which side, where DATA has a split of its own (auto: test, else val, else all)")
      ->check(CLI::IsMember({"auto", "train", "val", "test", "all"}))
      ->capture_default_str();
  add_settings(*command, options->settings, training::kEval);
  add_json(*command, *options);
  command->callback([options, &exit_code] { exit_code = evaluate(*options); });
}

}  // namespace engraft::cli
