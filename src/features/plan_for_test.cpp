#include "features/plan_for.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engraft/error.h"
#include "infer/compute_plan_json.h"
#include "infer/ranges_json.h"
#include "transforms/transforms.h"
#include "zoo/zoo.h"

namespace engraft::features {
namespace {

using infer::Precision;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A network with convolutions that the rules filter, as the zoo gives it.
model::Model from_the_zoo() {
  model::Model model;
  model.graph = zoo::build_architecture("resnet18");
  model.val_transforms = transforms::parse_pipeline("resize(256) center_crop(224)");
  return model;
}

model::Model with_plan(const infer::ComputePlan& plan) {
  model::Model model = from_the_zoo();
  model.facts["training"] = "{}";
  model.facts[model::kPlanFact] = infer::to_json_text(plan, model.graph);
  return model;
}

TEST(PlanFor, FollowsTheRulesForANetworkOfTheZoo) {
  const model::Model model = from_the_zoo();
  const ChosenPlan chosen = plan_for(model, {});
  EXPECT_EQ(chosen.plan,
            infer::choose_plan(model.graph, {.precision = infer::automatic_precision()}));
  EXPECT_THAT(chosen.note, IsEmpty());
  const ChosenPlan exact = plan_for(model, {.precision = Precision::kFloat32, .exact = true});
  EXPECT_EQ(exact.plan, infer::exact_plan(Precision::kFloat32));
  EXPECT_THAT(exact.note, IsEmpty());
}

TEST(PlanFor, ObeysTheModelsOwn) {
  infer::ComputePlan plan = infer::exact_plan(Precision::kFloat32);
  plan.filtered = {"layer1.0.conv1"};
  EXPECT_EQ(plan_for(with_plan(plan), {}).plan, plan);
  EXPECT_EQ(plan_for(with_plan(plan), {.precision = Precision::kFloat32}).plan, plan);
  EXPECT_THAT(plan_for(with_plan(plan), {}).note, IsEmpty());
}

TEST(PlanFor, SaysWhereSomethingElseTakesItsPlace) {
  const infer::ComputePlan plan =
      infer::choose_plan(from_the_zoo().graph, {.precision = Precision::kFloat32});
  const ChosenPlan exact = plan_for(with_plan(plan), {.exact = true});
  EXPECT_EQ(exact.plan, infer::exact_plan(Precision::kFloat32));
  EXPECT_THAT(exact.note, HasSubstr("in place of the model's own plan"));
  if (!infer::has_native_bfloat16()) {
    infer::ComputePlan other = plan;
    other.precision = Precision::kBFloat16;
    const ChosenPlan nearest = plan_for(with_plan(other), {});
    EXPECT_EQ(nearest.plan, plan);
    EXPECT_THAT(nearest.note, HasSubstr("cannot compute"));
  } else {
    const ChosenPlan given = plan_for(with_plan(plan), {.precision = Precision::kBFloat16});
    EXPECT_EQ(given.plan.precision, Precision::kBFloat16);
    EXPECT_THAT(given.note, HasSubstr("bf16"));
  }
}

TEST(PlanFor, ComputesModelsOfTheFirstVersionExactly) {
  model::Model model = from_the_zoo();
  model.facts["training"] = "{}";
  EXPECT_EQ(plan_for(model, {}).plan, infer::exact_plan(infer::automatic_precision()));
  const infer::Ranges ranges{{1, {0, 2}}};
  model.facts[model::kRangesFact] = infer::to_json_text(ranges, model.graph);
  EXPECT_EQ(plan_for(model, {.precision = Precision::kInt8}).plan.ranges, ranges);
  EXPECT_THAT(plan_for(model, {}).plan.ranges, IsEmpty());
}

TEST(PlanFor, RefusesDamage) {
  model::Model model = from_the_zoo();
  model.facts[model::kPlanFact] = "{}";
  EXPECT_THROW(plan_for(model, {}), Error);
}

}  // namespace
}  // namespace engraft::features
