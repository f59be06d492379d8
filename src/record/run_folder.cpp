#include "record/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "data/split_list.h"
#include "engraft/error.h"
#include "infer/ranges_json.h"
#include "record/metrics_json.h"

namespace engraft::record {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Every setting, and in place of what was left to the program what that came to be.
json options_json(const RunRecord& record) {
  const training::TrainOptions& options = record.options;
  json result = training::to_json(record.settings);
  result["model"] = record.result.best.graph.architecture;
  result["weights"] = record.weights;
  result["train"] = options.train;
  if (options.automatic) {
    result["optimizer"] = to_string(learn::OptimizerKind::kLbfgs);
    result["weight_decay"] = record.result.chosen_penalty;
  }
  result["train_transforms"] = to_string(options.train_transforms);
  result["val_transforms"] = to_string(record.result.best.val_transforms);
  result["precision"] = to_string(options.compute.precision);
  result["workers"] = options.workers;
  return result;
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
    split[data::to_string(sample.split)].push_back(sample.name);
  }
  return {{"command", record.command},
          {"data", record.data},
          {"classes", classes},
          {"device", record.device},
          {"options", options_json(record)},
          {"trainable", result.plan.trainable},
          {"cut", {{"training", result.plan.train_cut}, {"evaluation", result.plan.eval_cut}}},
          {"iterations", result.iterations},
          {"best_iteration", result.best_iteration},
          {"stopped", to_string(result.stop)},
          {"best", to_json(result.best_metrics, classes)},
          {"last", to_json(result.last_metrics, classes)},
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

// The largest N of folders `parent`/`name`-N; 0 where there is none.
int largest_number(const base::Path& parent, const std::string& name) {
  int largest = 0;
  std::error_code failure;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, failure)) {
    const std::string found = entry.path().filename().string();
    if (!found.starts_with(name + "-")) continue;
    const std::string_view digits = std::string_view(found).substr(name.size() + 1);
    int number = 0;
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (problem == std::errc() && end == digits.data() + digits.size()) {
      largest = std::max(largest, number);
    }
  }
  return largest;
}

}  // namespace

base::Path create_run_folder(const base::Path& parent, const std::string& name) {
  // A network given by its path is called by its file's name.
  const std::string stem = base::Path(name).has_parent_path() || name.ends_with(".onnx")
                               ? base::Path(name).stem().string()
                               : name;
  std::error_code failure;
  fs::create_directories(parent, failure);
  if (!failure) {
    for (int n = largest_number(parent, stem) + 1;; ++n) {
      const base::Path folder = parent / fmt::format("{}-{}", stem, n);
      if (fs::create_directory(folder, failure)) return folder;
      if (failure) break;  // else another run has just taken it
    }
  }
  throw Error(fmt::format("{}: cannot be written: {}; say with --out where the run shall lie",
                          parent.string(), failure.message()));
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
  json results = to_json(metrics, record.result.best.classes);
  results["iteration"] = iteration;
  std::map<std::string, std::string> facts{{"training", options_json(record).dump()},
                                           {"results", results.dump()}};
  if (record.options.compute.precision == infer::Precision::kInt8) {
    facts[model::kRangesFact] =
        infer::to_json_text(record.options.compute.ranges, record.result.best.graph);
  }
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
    case training::StopReason::kDiverged:
      return "diverged";
  }
  return "";
}

}  // namespace engraft::record
