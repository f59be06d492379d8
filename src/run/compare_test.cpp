#include "run/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engraft/error.h"

namespace engraft::run {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> labels(const std::string& models) {
  std::vector<std::string> result;
  for (const Candidate& one : candidates_of({.models = models})) result.push_back(one.label);
  return result;
}

TEST(CandidatesOf, TellNetworksOfTheSameNameApart) {
  EXPECT_THAT(labels("sprout,resnet18,"), ElementsAre("sprout", "resnet18"));
  EXPECT_THAT(labels("resnet18=a/one.pth,resnet18=b/two.pth,sprout"),
              ElementsAre("resnet18=one.pth", "resnet18=two.pth", "sprout"));
  EXPECT_THAT(labels("resnet18=a/w.pth,resnet18=b/w.pth"),
              ElementsAre("resnet18=a/w.pth", "resnet18=b/w.pth"));
}

TEST(CandidatesOf, DoubledCommasStandForOne) {
  const std::vector<Candidate> candidates = candidates_of({.models = "resnet18=a,,b=c.pth,sprout"});
  ASSERT_EQ(candidates.size(), 2U);
  EXPECT_EQ(candidates[0].weights, "a,b=c.pth");
}

TEST(CandidatesOf, RefuseUnknownNames) {
  EXPECT_THROW(candidates_of({.models = "resnet19"}), OptionError);
  EXPECT_THROW(candidates_of({.models = ","}), OptionError);
}

Compared result(const std::string& label, std::int64_t right, double rate) {
  Compared one{.candidate = {label, "", label}};
  one.probe.right = right;
  one.probe.pictures = 100;
  one.images_per_second = rate;
  return one;
}

TEST(Comparison, RecommendsTheFastestOfTheGood) {
  const Comparison comparison{
      .results = {result("slow", 95, 10), result("fair", 93, 40), result("fast", 60, 400)}};
  EXPECT_EQ(comparison.best_count(), 1U);
  EXPECT_EQ(comparison.recommended()->candidate.label, "fair");
  EXPECT_EQ(Comparison{}.recommended(), nullptr);
}

TEST(Comparison, KnowsATie) {
  Comparison tie{.results = {result("one", 95, 10), result("two", 95, 40), result("none", 0, 0)}};
  tie.results.back().error = "no weights";
  EXPECT_EQ(tie.best_count(), 2U);
  EXPECT_EQ(tie.recommended()->candidate.label, "two");
}

}  // namespace
}  // namespace engraft::run
