#include "learn/probe.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "engraft/error.h"

namespace engraft::learn {
namespace {

struct Data {
  std::vector<float> features;
  std::vector<int> labels;
};

// Normal noise in eight dimensions, classes `distance` apart in the first.
Data clouds(int pictures, int classes, float distance, std::uint64_t seed) {
  base::Random random({seed});
  Data data;
  for (int i = 0; i < pictures; ++i) {
    const int label = i % classes;
    data.labels.push_back(label);
    for (int d = 0; d < 8; ++d) {
      const float shift = d == 0 ? distance * static_cast<float>(label) : 0.0F;
      data.features.push_back(100 + 5 * (random.normal() + shift));
    }
  }
  return data;
}

double accuracy(const ProbeResult& result) {
  return static_cast<double>(result.right) / static_cast<double>(result.pictures);
}

TEST(CrossValidate, FindsWhatALineCanTellApart) {
  const Data data = clouds(600, 2, 3, 1);
  const ProbeResult result = cross_validate(data.features, data.labels, 2);
  EXPECT_EQ(result.pictures, 600);
  EXPECT_NEAR(accuracy(result), 0.933, 0.025);  // Φ(3 / 2)
  EXPECT_LT(result.loss, 0.25);
}

TEST(CrossValidate, FindsNothingInNoise) {
  const Data data = clouds(600, 3, 0, 2);
  const ProbeResult result = cross_validate(data.features, data.labels, 3);
  EXPECT_NEAR(accuracy(result), 1.0 / 3, 0.07);
  EXPECT_GE(result.penalty, 0.1);  // the strongest ones lose least
}

TEST(CrossValidate, DoesNotDependOnWorkersButOnTheSeed) {
  const Data data = clouds(120, 2, 1, 3);
  const ProbeResult one = cross_validate(data.features, data.labels, 2, {.workers = 1});
  const ProbeResult three = cross_validate(data.features, data.labels, 2, {.workers = 3});
  EXPECT_EQ(one.loss, three.loss);
  EXPECT_EQ(one.right, three.right);
  EXPECT_NE(one.loss, cross_validate(data.features, data.labels, 2, {.seed = 9}).loss);
}

TEST(CrossValidate, AFeatureThatNeverVariesDoesNoHarm) {
  Data data = clouds(100, 2, 4, 4);
  for (std::size_t i = 3; i < data.features.size(); i += 8) data.features[i] = 7;
  EXPECT_GT(accuracy(cross_validate(data.features, data.labels, 2)), 0.9);
}

TEST(CrossValidate, NeedsTwoPicturesOfEveryClass) {
  const std::vector<float> features{1, 2, 3};
  const std::vector<int> labels{0, 0, 1};
  EXPECT_THROW(cross_validate(features, labels, 2), Error);
}

TEST(CrossValidate, StopsWhenAsked) {
  const Data data = clouds(40, 2, 1, 5);
  const ProbeOptions options{.stop_requested = [] { return true; }};
  EXPECT_FALSE(cross_validate(data.features, data.labels, 2, options).complete);
}

// Its weights take the features as they are: its own training pictures, and others like them.
TEST(LinearHead, TellsApartWhatALineCan) {
  const Data data = clouds(400, 3, 4, 6);
  const LinearHead head = fit_linear_head(data.features, data.labels, 3);
  EXPECT_EQ(head.probe.right, cross_validate(data.features, data.labels, 3).right);
  const Data others = clouds(300, 3, 4, 7);
  int right = 0;
  for (std::size_t i = 0; i < others.labels.size(); ++i) {
    std::vector<float> logits = head.bias;
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t d = 0; d < 8; ++d) {
        logits[c] += head.weight[c * 8 + d] * others.features[i * 8 + d];
      }
    }
    right += std::ranges::max_element(logits) - logits.begin() == others.labels[i] ? 1 : 0;
  }
  EXPECT_NEAR(right / 300.0, 0.97, 0.03);  // 2 Φ(2) - 1 for the middle one, Φ(2) for the others
}

}  // namespace
}  // namespace engraft::learn
