#include "run/evaluate.h"

#include "engraft/error.h"
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

}  // namespace

std::optional<Evaluation> evaluate(const EvaluateRequest& request, const base::Events& events) {
  resolve_precision(request.settings);
  const model::Model model = open_model(request.model, request.settings, events);
  const infer::ComputePlan plan = plan_for(model, request.settings, events);
  require_ranges(plan, request.model);
  const data::Dataset data =
      open_dataset(request.data, request.settings, events, {.purpose = data::Purpose::kInspection});
  const std::vector<std::size_t> samples = chosen_samples(data, request.split);
  if (samples.empty()) throw Error(request.data + ": has no split \"" + request.split + "\"");
  const std::vector<int> places = places_in_model(data, samples, model);

  const Outputs logits = compute_outputs(model, model.graph.output(), data, samples, plan,
                                         request.settings, events, "evaluating");
  if (!logits.complete) return std::nullopt;
  std::vector<int> labels;
  for (const std::size_t i : samples) {
    labels.push_back(places[static_cast<std::size_t>(data.samples[i].label)]);
  }
  Evaluation evaluation;
  evaluation.classes = model.classes;
  evaluation.metrics =
      learn::compute_metrics(logits.values, labels, static_cast<int>(model.classes.size()));
  evaluation.pictures = std::ssize(samples);
  evaluation.skipped = std::ssize(data.skipped);
  return evaluation;
}

}  // namespace engraft::run
