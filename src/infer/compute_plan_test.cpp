#include "infer/compute_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engraft/error.h"
#include "graph/builder.h"
#include "infer/compute_plan_json.h"
#include "infer/plan_rules.h"
#include "onednn/onednn.h"
#include "zoo/zoo.h"

namespace engraft::infer {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

graph::Conv2d same(std::int64_t channels, std::int64_t kernel = 3) {
  return {.out_channels = channels, .kernel = kernel, .padding = kernel / 2};
}

graph::Graph several() {
  graph::GraphBuilder net("Net", {56, 56});
  graph::Value x = net.add("stem", net.input(3), same(128));
  x = net.add("wide", x, same(128));
  x = net.add("pointwise", x, same(128, 1));
  x = net.add("silu", net.add("other", x, same(128)), graph::SiLU{});
  net.add("relu", net.add("last", x, same(256)), graph::ReLU{});
  return std::move(net).finish("several");
}

TEST(ComputePlan, FiltersWhatTheRuleSays) {
  const ComputePlan plan = choose_plan(several(), {.instructions = "avx512_core_bf16"});
  EXPECT_THAT(plan.filtered, testing::ElementsAre("last", "wide"));
  EXPECT_EQ(plan, choose_plan(several(), {.instructions = "avx512_core_bf16"}));
  EXPECT_THAT(choose_plan(several(), {.instructions = "none that is known"}).filtered, IsEmpty());
  EXPECT_THAT(exact_plan(Precision::kFloat32).filtered, IsEmpty());
}

// Few channels give the transforms much to do for little; 8 bits are a faster rival.
TEST(ComputePlan, FiltersLessWhereItGainsLess) {
  const auto gain = [](std::int64_t channels, Precision precision) {
    const graph::Conv2d conv{
        .in_channels = channels, .out_channels = channels, .kernel = 3, .padding = 1};
    const base::Shape shape{1, channels, 28, 28};
    return filtering_gain(conv, shape, shape, precision, "avx512_core_bf16");
  };
  EXPECT_GT(gain(512, Precision::kFloat32), gain(64, Precision::kFloat32));
  EXPECT_GT(gain(512, Precision::kFloat32), gain(512, Precision::kBFloat16));
  EXPECT_GT(gain(512, Precision::kBFloat16), gain(512, Precision::kInt8));
  EXPECT_TRUE(is_worth_filtering(gain(512, Precision::kInt8), Precision::kInt8));
  EXPECT_FALSE(is_worth_filtering(gain(64, Precision::kInt8), Precision::kInt8));
  EXPECT_EQ(gain(24, Precision::kFloat32), 0);
}

TEST(ComputePlan, SurvivesBeingSaved) {
  const graph::Graph graph = several();
  ComputePlan plan = choose_plan(graph, {.precision = Precision::kInt8});
  plan.filtered.insert("wide");
  plan.ranges = {{1, {-1, 2}}, {2, {0, 3.5F, /*wide=*/true}}};
  const std::string text = to_json_text(plan, graph);
  EXPECT_EQ(plan_from_json_text(text, graph), plan);
  EXPECT_EQ(to_json_text(plan_from_json_text(text, graph), graph), text);
}

TEST(ComputePlan, SaysWhatIsWrongWithAText) {
  const graph::Graph graph = several();
  for (const char* text : {"", "[]", "{}", R"({"version": 1, "precision": "fp8", "filtered": [],
                           "instructions": "", "onednn": ""})"}) {
    EXPECT_THROW(plan_from_json_text(text, graph), Error) << text;
  }
  try {
    plan_from_json_text(R"({"version": 2})", graph);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("version 2"));
  }
}

TEST(ComputePlan, HashesAllThatIsInIt) {
  const graph::Graph graph = several();
  const ComputePlan plan = choose_plan(graph, {.precision = Precision::kInt8});
  std::vector<ComputePlan> others(5, plan);
  others[0].precision = Precision::kFloat32;
  others[1].filtered.insert("other");
  others[2].ranges[1] = {0, 1};
  others[3].instructions = "another";
  others[4].onednn = "0.0.0";
  EXPECT_EQ(hash_of(plan, graph), hash_of(plan, graph));
  for (const ComputePlan& other : others) EXPECT_NE(hash_of(other, graph), hash_of(plan, graph));
}

TEST(ComputePlan, GivesWayToWhatTheProcessorCanRun) {
  ComputePlan plan = choose_plan(several(), {.precision = Precision::kBFloat16});
  plan.instructions = "another";
  plan.onednn = "0.0.0";
  const ComputePlan runs = runnable(plan);
  EXPECT_EQ(runs.precision, has_native_bfloat16() ? Precision::kBFloat16 : Precision::kFloat32);
  EXPECT_EQ(runs.filtered, plan.filtered);
  EXPECT_EQ(runs.instructions, onednn::instructions());
  EXPECT_EQ(runs.onednn, onednn::version());
  EXPECT_EQ(runnable(runs), runs);
}

TEST(ComputePlan, OfTheZooFiltersWhereItPays) {
  const auto filtered = [](const char* name) {
    return choose_plan(zoo::build_architecture(name), {.instructions = "avx512_core"}).filtered;
  };
  EXPECT_EQ(filtered("vgg16").size(), 12U);  // all but the first
  EXPECT_EQ(filtered("resnet18").size(), 13U);
  EXPECT_THAT(filtered("mobilenet_v2"), IsEmpty());
  EXPECT_THAT(filtered("vit_b_16"), IsEmpty());
}

// ctest runs it with caches shown and hidden.
TEST(HiddenCaches, AreSaidAndMakeAnotherPlan) {
  EXPECT_EQ(processor_note().empty(), !onednn::widens_filters());
  const ComputePlan plan = choose_plan(zoo::build_architecture("vgg16"), {});
  if (!onednn::widens_filters()) return;
  EXPECT_THAT(plan.filtered, IsEmpty());
  EXPECT_TRUE(plan.instructions.ends_with("widened")) << plan.instructions;
}

}  // namespace
}  // namespace engraft::infer
