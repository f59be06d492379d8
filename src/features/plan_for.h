// Which compute plan a model gets: the one that it was trained with, or what the rules choose.
#pragma once

#include <optional>
#include <string>

#include "infer/compute_plan.h"
#include "model/model.h"

namespace engraft::features {

// What somebody asks for.
struct PlanChoice {
  std::optional<infer::Precision> precision;  // nothing: the model's own, else what `auto` means
  bool exact = false;                         // every convolution as it is defined
};

// "auto", "fp32", "bf16" or "int8" as a choice. Throws OptionError for bf16 where the processor
// lacks it, and for what is none of these.
PlanChoice plan_choice(const std::string& precision, bool exact);

struct ChosenPlan {
  infer::ComputePlan plan;
  std::string note;  // what somebody should be told; empty: nothing
};

// For a model with a plan of its own that plan, or where this processor cannot run it the nearest
// that it can; another precision than its own, or exactness, takes its place. A model saved by
// 0.1.0, which had none, is computed exactly. All others get what choose_plan() chooses for
// pictures as the model's transforms make them. Under int8 the plan has ranges where the model
// brings them. Throws Error where the saved plan is damaged.
ChosenPlan plan_for(const model::Model& model, const PlanChoice& choice);

// Throws OptionError where the plan says int8 and the model's training has not measured for it;
// `name` is the model's.
void require_ranges(const infer::ComputePlan& plan, const std::string& name);

}  // namespace engraft::features
