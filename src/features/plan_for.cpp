#include "features/plan_for.h"

#include <fmt/format.h>

#include "engraft/error.h"
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

PlanChoice plan_choice(const std::string& precision, bool exact) {
  PlanChoice choice{.exact = exact};
  if (precision == "int8") {
    choice.precision = infer::Precision::kInt8;
  } else if (precision == "fp32") {
    choice.precision = infer::Precision::kFloat32;
  } else if (precision == "bf16") {
    if (!infer::has_native_bfloat16()) {
      throw OptionError(
          "--precision bf16: this processor has no bfloat16 arithmetic; use fp32 or auto");
    }
    choice.precision = infer::Precision::kBFloat16;
  } else if (precision != "auto") {
    throw OptionError(
        fmt::format("--precision {}: must be one of auto, fp32, bf16, int8", precision));
  }
  return choice;
}

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

void require_ranges(const infer::ComputePlan& plan, const std::string& name) {
  if (plan.precision != infer::Precision::kInt8 || !plan.ranges.empty()) return;
  throw OptionError(
      fmt::format("--precision int8: {} was not trained with it, so that nothing is "
                  "known of its activations; train with --precision int8, or use fp32",
                  name));
}

}  // namespace engraft::features
