#include "features/plan_for.h"

#include <fmt/format.h>

#include "infer/compute_plan_json.h"
#include "infer/ranges_json.h"

namespace engraft::features {
namespace {

const std::string* fact(const model::Model& model, const char* key) {
  const auto found = model.facts.find(key);
  return found == model.facts.end() ? nullptr : &found->second;
}

// What 8 bits need to know of the model's values, where its training has measured that.
infer::Ranges known_ranges(const model::Model& model,
                           const std::optional<infer::ComputePlan>& saved) {
  if (saved) return saved->ranges;
  const std::string* ranges = fact(model, model::kRangesFact);
  return ranges == nullptr ? infer::Ranges{} : infer::ranges_from_json_text(*ranges, model.graph);
}

ChosenPlan obeyed(const infer::ComputePlan& saved) {
  ChosenPlan result{infer::runnable(saved), {}};
  if (result.plan.precision != saved.precision) {
    result.note = fmt::format("the model was made for {}, which this processor cannot compute: {}",
                              to_string(saved.precision), to_string(result.plan.precision));
  }
  return result;
}

}  // namespace

ChosenPlan plan_for(const model::Model& model, const PlanChoice& choice) {
  std::optional<infer::ComputePlan> saved;
  if (const std::string* text = fact(model, model::kPlanFact)) {
    saved = infer::plan_from_json_text(*text, model.graph);
  }
  const bool has_own_precision =
      saved && (!choice.precision || *choice.precision == saved->precision);
  if (has_own_precision && !choice.exact) return obeyed(*saved);

  const infer::Precision precision = choice.precision ? *choice.precision
                                     : saved          ? infer::runnable(*saved).precision
                                                      : infer::automatic_precision();
  const bool of_version_0_1 = !saved && fact(model, "training") != nullptr;
  ChosenPlan result;
  if (choice.exact || of_version_0_1) {
    result.plan = infer::exact_plan(precision);
  } else {
    const image::Size size = transforms::output_size(model.val_transforms);
    result.plan = infer::choose_plan(
        model.graph, {.precision = precision, .input_size = {size.height, size.width}});
  }
  if (precision == infer::Precision::kInt8) result.plan.ranges = known_ranges(model, saved);
  if (saved) {
    result.note = fmt::format("computing in {} in place of the model's own plan ({})",
                              describe(result.plan), describe(*saved));
  }
  return result;
}

}  // namespace engraft::features
