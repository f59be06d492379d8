#include "record/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/foreign_json.h"
#include "base/text.h"
#include "data/split_list.h"
#include "engraft/error.h"
#include "record/model_facts.h"
#include "record/predictions.h"
#include "record/worst.h"

namespace engraft::record {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRunJson = "run.json";
constexpr const char* kMetrics = "metrics.csv";
constexpr const char* kMetricsHeader =
    "iteration,epoch,seconds,train_loss,train_accuracy,val_loss,val_accuracy\n";

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

// One row of metrics.csv; nothing where it is none.
std::optional<training::EvalPoint> point_of(std::string_view line) {
  std::vector<double> values;
  for (const std::string_view cell : base::split(line, ',')) {
    double value = 0;
    const auto [end, problem] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (problem != std::errc() || end != cell.data() + cell.size()) return std::nullopt;
    values.push_back(value);
  }
  constexpr double kMost = 1e15;  // iterations: as many as a double counts one by one
  if (values.size() != 7 || !(values[0] >= 0 && values[0] <= kMost)) return std::nullopt;
  return training::EvalPoint{.iteration = static_cast<std::int64_t>(values[0]),
                             .epoch = values[1],
                             .train_loss = values[3],
                             .train_accuracy_percent = values[4],
                             .val_loss = values[5],
                             .val_accuracy_percent = values[6],
                             .seconds = values[2]};
}

std::vector<training::EvalPoint> parse_history(std::string_view text, const std::string& where) {
  std::vector<training::EvalPoint> history;
  std::vector<std::string_view> lines = base::split(text, '\n');
  if (lines.back().empty()) lines.pop_back();       // behind the last end of a line
  for (std::size_t i = 1; i < lines.size(); ++i) {  // behind the header
    const std::optional<training::EvalPoint> point = point_of(lines[i]);
    if (!point) throw Error(fmt::format("{}: line {} is no validation", where, i + 1));
    history.push_back(*point);
  }
  return history;
}

// Errors follow the file's name.
Run parse_run_json(std::string_view text) {
  try {
    return run_from_json(base::parse_json(text));
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("is damaged: {}", error.what()));
  }
}

}  // namespace

std::string run_name(const std::string& model) {
  const base::Path path(model);
  const bool is_file = path.has_parent_path() || path.extension() == ".onnx";
  return is_file ? path.stem().string() : model;
}

base::Path create_numbered_folder(const base::Path& parent, const std::string& name) {
  std::error_code failure;
  fs::create_directories(parent, failure);
  while (!failure) {
    const base::Path folder = parent / fmt::format("{}-{}", name, largest_number(parent, name) + 1);
    if (fs::create_directory(folder, failure)) return folder;
  }
  throw Error(fmt::format("{}: cannot be written: {}; say with --out where the run shall lie",
                          parent.string(), failure.message()));
}

base::Path create_output_folder(const base::Path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) {
    throw Error(fmt::format("{}: cannot be created: {}", folder.string(), failure.message()));
  }
  if (!fs::is_empty(folder)) {
    throw Error(fmt::format("{}: is not empty; give --out a new folder, or remove this one first",
                            folder.string()));
  }
  return folder;
}

RunWriter::RunWriter(base::Path folder, bool made, bool made_parent)
    : folder_(std::move(folder)), made_(made), made_parent_(made_parent) {}

RunWriter::RunWriter(RunWriter&& other) noexcept
    : folder_(std::exchange(other.folder_, {})),
      made_(other.made_),
      made_parent_(other.made_parent_),
      kept_(other.kept_) {}

RunWriter::~RunWriter() {
  if (kept_ || folder_.empty()) return;
  std::error_code failure;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, failure)) {
    std::error_code left;
    fs::remove_all(entry.path(), left);
  }
  // Not where another has put something there meanwhile.
  if (made_) fs::remove(folder_, failure);
  if (made_parent_) fs::remove(folder_.parent_path(), failure);
}

// run.json is made where there is none; who makes it has the folder.
void RunWriter::claim() {
  const base::Path file = folder_ / kRunJson;
  const int handle = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (handle >= 0) {
    ::close(handle);
    return;
  }
  const int reason = errno;
  folder_.clear();  // another's: nothing of it may be removed
  if (reason == EEXIST) {
    throw Error(fmt::format("{}: another run writes there; give --out a folder of its own",
                            file.parent_path().string()));
  }
  throw Error(fmt::format("{}: cannot be written: {}", file.string(), std::strerror(reason)));
}

RunWriter RunWriter::at(const base::Path& output) {
  const bool was_there = fs::exists(output);
  RunWriter writer(create_output_folder(output), !was_there, false);
  writer.claim();
  return writer;
}

RunWriter RunWriter::numbered(const base::Path& parent, const std::string& name) {
  const bool was_there = fs::exists(parent);
  RunWriter writer(create_numbered_folder(parent, name), true, !was_there);
  writer.claim();
  return writer;
}

void RunWriter::write(const Run& run) {
  base::write_atomically(
      folder_ / kRunJson,
      to_json(run).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void RunWriter::write_split(const data::Dataset& data) {
  base::write_atomically(folder_ / "split.csv", data::split_list_text(data));
}

void RunWriter::add(const training::EvalPoint& point) {
  const base::Path file = folder_ / kMetrics;
  std::ofstream stream(file, std::ios::app);
  if (!kept_) stream << kMetricsHeader;
  stream << fmt::format("{},{:.4f},{:.3f},{:.6f},{:.4f},{:.6f},{:.4f}\n", point.iteration,
                        point.epoch, point.seconds, point.train_loss, point.train_accuracy_percent,
                        point.val_loss, point.val_accuracy_percent)
         << std::flush;
  if (!stream) throw Error(fmt::format("{}: cannot be written", file.string()));
  kept_ = true;
}

void RunWriter::write_models(const Run& run, const training::TrainResult& result) {
  const base::Path best = folder_ / "best.safetensors";
  const base::Path last = folder_ / "last.safetensors";
  model::save_model(with_facts(result.best, run, result.best_metrics, result.best_iteration), best);
  if (run.settings.keep == "best") return;
  std::error_code no_link;
  // After a loss that was no number, the last model is the best before it.
  const bool same =
      result.best_iteration == result.iterations || result.stop == training::StopReason::kDiverged;
  if (same) fs::create_hard_link(best, last, no_link);
  if (!same || no_link) {
    model::save_model(with_facts(result.last, run, result.last_metrics, result.iterations), last);
  }
}

void RunWriter::write_predictions(const data::Dataset& data, const training::TrainResult& result,
                                  int workers, Results& results) {
  write_predictions_csv(folder_ / "predictions.csv", data, result.val_samples, result.best_logits);
  write_logits_npy(folder_ / "logits.npy", result.best_logits,
                   static_cast<std::int64_t>(data.classes.size()));
  write_worst(folder_, data, result, workers, results);
}

Run read_run(const base::Path& folder) {
  const base::Path file = folder / kRunJson;
  if (!fs::exists(file)) throw Error(folder.string() + ": a folder without run.json is no run");
  Run run;
  try {
    run = parse_run_json(base::read_text(file));
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", file.string(), error.what()));
  }
  const base::Path metrics = folder / kMetrics;
  if (fs::exists(metrics)) run.history = parse_history(base::read_text(metrics), metrics.string());
  return run;
}

Run parse_run(std::string_view run_json, std::string_view metrics_csv) {
  Run run = parse_run_json(run_json);
  run.history = parse_history(metrics_csv, kMetrics);
  return run;
}

}  // namespace engraft::record
