#include "run/compute.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engraft/error.h"
#include "pretrained/pretrained.h"

namespace engraft::run {
namespace {

using ::testing::HasSubstr;

TEST(ResolvePrecision, TakesAutoForNoChoice) {
  Settings settings;
  EXPECT_FALSE(resolve_precision(settings).precision);
  training::set_setting(settings, "precision", "fp32");
  training::set_setting(settings, "exact", "true");
  EXPECT_EQ(resolve_precision(settings).precision, infer::Precision::kFloat32);
  EXPECT_TRUE(resolve_precision(settings).exact);
}

TEST(CacheFolder, IsNoneWithoutACache) {
  Settings settings;
  EXPECT_FALSE(cache_folder(settings).empty());
  training::set_setting(settings, "no-cache", "true");
  EXPECT_TRUE(cache_folder(settings).empty());
}

// Eight bits are for what is computed once for all. Where that is nothing, no picture is opened.
TEST(SettleInt8, GivesWayWhereNothingIsFrozen) {
  const model::Model model = pretrained::model_for_classes("sprout", {"ants", "bees"}, {});
  Settings settings;
  training::set_setting(settings, "precision", "int8");
  std::string said;
  const base::Events events{.note = [&](const std::string& text) { said = text; }};
  infer::ComputePlan plan = plan_for(model, settings, events);
  ASSERT_EQ(plan.precision, infer::Precision::kInt8);
  EXPECT_THROW(features::require_ranges(plan, "sprout"), OptionError);
  EXPECT_TRUE(settle_int8(plan, settings, {}, {}, model, 0, events));
  EXPECT_EQ(plan.precision, infer::automatic_precision());
  EXPECT_THAT(said, HasSubstr("all layers learn"));
}

}  // namespace
}  // namespace engraft::run
