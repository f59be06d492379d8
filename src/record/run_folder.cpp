#include "record/run_folder.h"

#include <fmt/format.h>

#include <filesystem>

#include <nlohmann/json.hpp>

#include "engraft/error.h"
#include "infer/compute_plan_json.h"

namespace engraft::record {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json options_json(const RunRecord& record) {
  const training::TrainOptions& options = record.options;
  return {{"model", record.result.best.graph.architecture},
          {"weights", record.weights},
          {"train", options.train},
          {"epochs", options.epochs},
          {"batch", options.batch},
          {"lr", options.automatic ? json("auto") : json(options.optimizer.learning_rate)},
          {"optimizer",
           to_string(options.automatic ? learn::OptimizerKind::kLbfgs : options.optimizer.kind)},
          {"weight_decay",
           options.automatic ? record.result.chosen_penalty : options.optimizer.weight_decay},
          {"train_transforms", to_string(options.train_transforms)},
          {"val_transforms", to_string(record.result.best.val_transforms)},
          {"views", options.views == 0 ? json("fresh") : json(options.views)},
          {"eval_every", options.eval_every},
          {"stop_at", options.stop_at_percent > 100 ? json() : json(options.stop_at_percent)},
          {"precision", to_string(options.plan.precision)},
          {"seed", options.seed},
          {"workers", options.workers}};
}

json metrics_json(const learn::Metrics& metrics, const std::vector<std::string>& classes) {
  json per_class = json::array();
  for (std::size_t k = 0; k < metrics.classes.size(); ++k) {
    const learn::ClassMetrics& one = metrics.classes[k];
    per_class.push_back({{"name", classes[k]},
                         {"images", one.images},
                         {"precision", one.precision},
                         {"recall", one.recall},
                         {"f1", one.f1}});
  }
  return {{"accuracy", metrics.accuracy_percent},
          {"loss", metrics.loss},
          {"confusion", metrics.confusion},
          {"classes", per_class}};
}

std::string metrics_csv(const std::vector<training::EvalPoint>& history) {
  std::string text = "iteration,epoch,seconds,train_loss,train_accuracy,val_loss,val_accuracy\n";
  for (const training::EvalPoint& point : history) {
    text += fmt::format("{},{:.4f},{:.3f},{:.6f},{:.4f},{:.6f},{:.4f}\n", point.iteration,
                        point.epoch, point.seconds, point.train_loss, point.train_accuracy_percent,
                        point.val_loss, point.val_accuracy_percent);
  }
  return text;
}

json run_json(const RunRecord& record) {
  const training::TrainResult& result = record.result;
  const std::vector<std::string>& classes = result.best.classes;
  json skipped = json::array();
  for (const data::Skipped& one : record.dataset->skipped) {
    skipped.push_back({{"path", one.name}, {"reason", one.reason}});
  }
  json split = {{"train", json::array()}, {"val", json::array()}};
  for (const data::Sample& sample : record.dataset->samples) {
    split[sample.split == data::Split::kVal ? "val" : "train"].push_back(sample.name);
  }
  return {{"command", record.command},
          {"data", record.data},
          {"classes", classes},
          {"device", record.device},
          {"options", options_json(record)},
          {"plan", json::parse(infer::to_json_text(record.options.plan, result.best.graph))},
          {"trainable", result.plan.trainable},
          {"cut", {{"training", result.plan.train_cut}, {"evaluation", result.plan.eval_cut}}},
          {"iterations", result.iterations},
          {"best_iteration", result.best_iteration},
          {"stopped", to_string(result.stop)},
          {"best", metrics_json(result.best_metrics, classes)},
          {"last", metrics_json(result.last_metrics, classes)},
          {"seconds",
           {{"compile", result.seconds.compile},
            {"val_features", result.seconds.val_features},
            {"train_features", result.seconds.train_features},
            {"head", result.seconds.head},
            {"validation", result.seconds.validation},
            {"total", result.seconds.total}}},
          {"skipped", skipped},
          {"split", split}};
}

void save(model::Model model, const RunRecord& record, const learn::Metrics& metrics,
          std::int64_t iteration, const base::Path& path) {
  model.facts = model_facts(record, metrics, iteration);
  model::save_model(model, path);
}

}  // namespace

base::Path create_run_folder(const base::Path& parent, const std::string& name) {
  std::error_code failure;
  fs::create_directories(parent, failure);
  for (int n = 1; !failure; ++n) {
    const base::Path folder = parent / fmt::format("{}-{}", name, n);
    if (fs::create_directory(folder, failure)) return folder;
  }
  throw Error(fmt::format("{}: cannot be written: {}", parent.string(), failure.message()));
}

void create_output_folder(const base::Path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) {
    throw Error(fmt::format("{}: cannot be created: {}", folder.string(), failure.message()));
  }
  if (!fs::is_empty(folder)) {
    throw Error(fmt::format("{}: is not empty; give --out a new folder, or remove this one first",
                            folder.string()));
  }
}

std::map<std::string, std::string> model_facts(const RunRecord& record,
                                               const learn::Metrics& metrics,
                                               std::int64_t iteration) {
  json results = metrics_json(metrics, record.result.best.classes);
  results["iteration"] = iteration;
  std::map<std::string, std::string> facts{{"training", options_json(record).dump()},
                                           {"results", results.dump()}};
  facts[model::kPlanFact] = infer::to_json_text(record.options.plan, record.result.best.graph);
  return facts;
}

void write_run_folder(const base::Path& folder, const RunRecord& record) {
  const training::TrainResult& result = record.result;
  const base::Path best = folder / "best.safetensors";
  const base::Path last = folder / "last.safetensors";
  save(result.best, record, result.best_metrics, result.best_iteration, best);
  std::error_code no_link;
  if (result.best_iteration == result.iterations) {
    fs::create_hard_link(best, last, no_link);  // the same model: no need for its bytes twice
  }
  if (result.best_iteration != result.iterations || no_link) {
    save(result.last, record, result.last_metrics, result.iterations, last);
  }
  base::write_atomically(folder / "metrics.csv", metrics_csv(result.history));
  base::write_atomically(
      folder / "run.json",
      run_json(record).dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

std::string to_string(training::StopReason reason) {
  switch (reason) {
    case training::StopReason::kEpochs:
      return "all epochs done";
    case training::StopReason::kAccuracyReached:
      return "accuracy reached";
    case training::StopReason::kInterrupted:
      return "interrupted";
    case training::StopReason::kConverged:
      return "converged";
  }
  return "";
}

}  // namespace engraft::record
