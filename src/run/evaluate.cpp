#include "run/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <span>

#include "base/text.h"
#include "data/split_list.h"
#include "engraft/error.h"
#include "prediction/head.h"
#include "record/run_folder.h"
#include "run/class_places.h"
#include "run/data_set.h"
#include "run/network.h"
#include "run/outputs.h"

namespace engraft::run {
namespace {

// The side asked for; auto is the first that there is of test and val, else everything.
std::vector<std::size_t> chosen_samples(const data::Dataset& data, const std::string& split) {
  const std::vector<std::size_t> test = data::samples_of(data, data::Split::kTest);
  const std::vector<std::size_t> val = data::samples_of(data, data::Split::kVal);
  if (split == "test" || (split == "auto" && !test.empty())) return test;
  if (split == "val" || (split == "auto" && !val.empty())) return val;
  if (split == "train") {
    // Beside a test side alone, validation is held out of what lies in train/.
    return data::samples_of(
        data, val.empty() && !test.empty() ? data::Split::kUnassigned : data::Split::kTrain);
  }
  return all_samples(data);
}

// The sides that the model's run has given these pictures; nothing where it is no run's, or the
// run's pictures are not all among these: by name and by content, since "1.jpg" is a common name.
std::optional<data::Dataset> as_the_run_split_it(const std::string& model,
                                                 const data::Dataset& data,
                                                 const base::Events& events) {
  namespace fs = std::filesystem;
  const base::Path folder =
      fs::is_directory(model) ? base::Path(model) : base::Path(model).parent_path();
  // A network of the zoo is no run's, whatever lies in the working directory.
  if (!fs::exists(model) || !fs::exists(folder / "split.csv") || !fs::exists(folder / "run.json"))
    return std::nullopt;
  data::Dataset split = data;
  const data::AppliedList applied =
      data::apply_split_list(split, data::read_split_list(folder / "split.csv"));
  if (applied.samples.empty()) return std::nullopt;
  if (applied.absent.empty() &&
      data::contents_of(data, applied.samples) == record::read_run(folder).contents) {
    return split;
  }
  // Most of its names are hardly a coincidence.
  if (applied.samples.size() > applied.absent.size()) {
    note(events,
         fmt::format("{} of the {} pictures that {} was made from have these names, but not all "
                     "are here, or "
                     "not as they were: which of them it has learned from is not known",
                     base::grouped(std::ssize(applied.samples)),
                     base::grouped(std::ssize(applied.samples) + std::ssize(applied.absent)),
                     model));
  }
  return std::nullopt;
}

// Of those samples that are not on the training side of `split`.
void judge_unseen(Evaluation& evaluation, const data::Dataset& split,
                  std::span<const std::size_t> samples, std::span<const float> logits,
                  std::span<const int> labels) {
  const std::size_t classes = evaluation.classes.size();
  std::vector<float> unseen_logits;
  std::vector<int> unseen_labels;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (split.samples[samples[i]].split == data::Split::kTrain) {
      ++evaluation.trained_on;
      continue;
    }
    const std::span<const float> row = logits.subspan(i * classes, classes);
    unseen_logits.insert(unseen_logits.end(), row.begin(), row.end());
    unseen_labels.push_back(labels[i]);
  }
  if (evaluation.trained_on == 0 || unseen_labels.empty()) return;
  evaluation.unseen =
      learn::compute_metrics(unseen_logits, unseen_labels, static_cast<int>(classes));
}

}  // namespace

std::optional<Evaluation> evaluate(const EvaluateRequest& request, const base::Events& events) {
  resolve_precision(request.settings);
  note_processor(events);
  return evaluate(open_model(request.model, request.settings, events), request, events);
}

std::optional<Evaluation> evaluate(const model::Model& model, const EvaluateRequest& request,
                                   const base::Events& events) {
  const infer::ComputePlan plan = plan_for(model, request.settings, events);
  features::require_ranges(plan, request.model);
  const data::Dataset data =
      open_dataset(request.data, request.settings, events, {.purpose = data::Purpose::kInspection});
  const std::optional<data::Dataset> split = as_the_run_split_it(request.model, data, events);
  const bool by_the_run = split && request.split != "auto";
  const std::vector<std::size_t> samples =
      chosen_samples(by_the_run ? *split : data, request.split);
  if (samples.empty()) throw Error(request.data + ": has no split \"" + request.split + "\"");
  const std::vector<int> places = places_in_model(data, samples, model);

  const prediction::Head head(model, worker_count(request.settings));
  const Outputs features = compute_outputs(model, head.cut(), data, samples, plan, request.settings,
                                           events, "evaluating");
  if (!features.complete) return std::nullopt;
  std::vector<float> logits(samples.size() * model.classes.size());
  head.logits(features.values, logits);
  std::vector<int> labels;
  for (const std::size_t i : samples) {
    labels.push_back(places[static_cast<std::size_t>(data.samples[i].label)]);
  }
  Evaluation evaluation;
  evaluation.classes = model.classes;
  evaluation.metrics =
      learn::compute_metrics(logits, labels, static_cast<int>(model.classes.size()));
  evaluation.pictures = std::ssize(samples);
  evaluation.skipped = std::ssize(data.skipped);
  if (split) judge_unseen(evaluation, *split, samples, logits, labels);
  return evaluation;
}

}  // namespace engraft::run
