#include "learn/find_head.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "base/random.h"
#include "engraft/error.h"

namespace engraft::learn {
namespace {

struct Data {
  std::vector<float> features;
  std::vector<int> labels;
  std::vector<std::size_t> groups;
  int classes = 0;

  HeadData view() const {
    return {.channels = 8,
            .features = features,
            .labels = labels,
            .classes = classes,
            .groups = groups};
  }
};

// Normal noise in eight dimensions, classes `distance` apart in the first.
Data clouds(int pictures, int classes, float distance, std::uint64_t seed) {
  base::Random random({seed});
  Data data{.classes = classes};
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

double accuracy(const CrossValidation& result) {
  return static_cast<double>(result.right) / static_cast<double>(result.pictures);
}

// How many of `data` a head is right about.
int right(const FoundHead& head, const Data& data) {
  int sum = 0;
  for (std::size_t i = 0; i < data.labels.size(); ++i) {
    std::vector<float> logits = head.bias;
    for (std::size_t c = 0; c < logits.size(); ++c) {
      for (std::size_t d = 0; d < 8; ++d) {
        logits[c] += head.weight[c * 8 + d] * data.features[i * 8 + d];
      }
    }
    sum += std::ranges::max_element(logits) - logits.begin() == data.labels[i] ? 1 : 0;
  }
  return sum;
}

TEST(CrossValidate, FindsWhatALineCanTellApart) {
  const Data data = clouds(600, 2, 3, 1);
  const CrossValidation result = cross_validate(data.view());
  EXPECT_EQ(result.pictures, 600);
  EXPECT_NEAR(accuracy(result), 0.933, 0.025);  // Φ(3 / 2)
  EXPECT_LT(result.loss, 0.25);
}

TEST(CrossValidate, FindsNothingInNoise) {
  const Data data = clouds(600, 3, 0, 2);
  const CrossValidation result = cross_validate(data.view());
  EXPECT_NEAR(accuracy(result), 1.0 / 3, 0.07);
  EXPECT_GE(result.penalty, 0.1);  // the strongest ones lose least
}

// Noise in 40 views of each picture: a head that has learned one view would know the others.
TEST(CrossValidate, FindsNothingInViewsOfNoise) {
  Data pictures = clouds(30, 2, 0, 8);
  base::Random random({9});
  Data views{.classes = 2};
  for (int view = 0; view < 40; ++view) {
    for (std::size_t i = 0; i < pictures.labels.size(); ++i) {
      for (std::size_t d = 0; d < 8; ++d) {
        views.features.push_back(pictures.features[i * 8 + d] + 0.1F * random.normal());
      }
      views.labels.push_back(pictures.labels[i]);
      views.groups.push_back(i);
    }
  }
  const CrossValidation apart = cross_validate(views.view());
  EXPECT_NEAR(accuracy(apart), 0.5, 0.2);
  EXPECT_GE(apart.penalty, 0.1);
}

TEST(CrossValidate, DoesNotDependOnWorkersButOnTheSeed) {
  const Data data = clouds(120, 2, 1, 3);
  const CrossValidation one = cross_validate(data.view(), {.workers = 1});
  const CrossValidation three = cross_validate(data.view(), {.workers = 3});
  EXPECT_EQ(one.loss, three.loss);
  EXPECT_EQ(one.right, three.right);
  EXPECT_NE(one.loss, cross_validate(data.view(), {.seed = 9}).loss);
}

TEST(CrossValidate, AFeatureThatNeverVariesDoesNoHarm) {
  Data data = clouds(100, 2, 4, 4);
  for (std::size_t i = 3; i < data.features.size(); i += 8) data.features[i] = 7;
  EXPECT_GT(accuracy(cross_validate(data.view())), 0.9);
}

TEST(CrossValidate, JudgesWhatItCanHoldOut) {
  Data data = clouds(20, 2, 4, 4);
  data.labels[0] = 2;  // alone
  data.classes = 4;    // and one without a picture
  EXPECT_EQ(cross_validate(data.view()).pictures, 19);
}

// 2 × 100 × 8 × 2 multiply-adds a head.
TEST(LinearHead, JudgesFewerFoldsWhereThereIsMuchToDo) {
  const Data data = clouds(100, 2, 4, 4);
  const auto judged = [&](double work) {
    return find_linear_head(data.view(), {.work = work}).validation.pictures;
  };
  EXPECT_EQ(judged(5 * 3200), 100);
  EXPECT_EQ(judged(2.5 * 3200), 40);
  EXPECT_EQ(judged(3200 / 20.0), 20);
  const FoundHead found = find_linear_head(data.view(), {.work = 3200 / 25.0});
  EXPECT_TRUE(found.validation.too_large);
  EXPECT_EQ(found.validation.penalty, kUsualPenalty);
  EXPECT_GT(right(found, data), 90);
  EXPECT_EQ(cross_validate(data.view(), {.work = 1}).pictures, 100);
}

TEST(CrossValidate, StopsWithinAnIteration) {
  const Data data = clouds(40, 2, 1, 5);
  std::atomic<int> asked{0};
  HeadOptions options;
  options.events.stop = [&] { return ++asked > 3; };
  EXPECT_FALSE(cross_validate(data.view(), options).complete);
  EXPECT_LT(asked, 100);
  EXPECT_FALSE(find_linear_head(data.view(), options).validation.complete);
}

TEST(CrossValidate, RefusesFeaturesThatAreNoNumbers) {
  Data data = clouds(40, 2, 1, 5);
  data.features[17] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(cross_validate(data.view()), Error);
}

// Its weights take the features as they are: its own training pictures, and others like them.
TEST(LinearHead, TellsApartWhatALineCan) {
  const Data data = clouds(400, 3, 4, 6);
  const FoundHead head = find_linear_head(data.view());
  EXPECT_EQ(head.validation.right, cross_validate(data.view()).right);
  EXPECT_NEAR(right(head, clouds(300, 3, 4, 7)) / 300.0, 0.97, 0.03);  // 2 Φ(2) - 1, Φ(2)
}

// The optimum of a smooth, strictly convex function: no gradient is left.
TEST(LinearHead, DoesNotDependOnTheWayToIt) {
  const Data data = clouds(200, 3, 1, 6);
  const FoundHead path = find_linear_head(data.view(), {.penalties = {1, 0.1}});
  const FoundHead at_once = find_linear_head(data.view(), {.penalties = {path.validation.penalty}});
  for (std::size_t i = 0; i < path.weight.size(); ++i) {
    EXPECT_NEAR(path.weight[i], at_once.weight[i], 2e-4 * (1 + std::abs(path.weight[i])));
  }
}

TEST(LinearHead, OnePictureAClassIsEnough) {
  const Data data = clouds(3, 3, 8, 6);
  const FoundHead head = find_linear_head(data.view());
  EXPECT_EQ(head.validation.pictures, 0);
  EXPECT_EQ(head.validation.penalty, kUsualPenalty);
  EXPECT_EQ(right(head, data), 3);
}

TEST(MeanOfReluHead, TellsApartWhatAPlaceShows) {
  // A class shows itself in its own channel, at one place of nine.
  constexpr std::size_t kPlaces = 9;
  base::Random random({12});
  std::vector<float> features;
  std::vector<int> labels;
  for (std::size_t i = 0; i < 120; ++i) {
    const std::size_t label = i % 3;
    const std::size_t place = random.below(kPlaces);
    labels.push_back(static_cast<int>(label));
    for (std::size_t c = 0; c < 4; ++c) {
      for (std::size_t p = 0; p < kPlaces; ++p) {
        features.push_back(std::abs(random.normal()) + (c == label && p == place ? 9.0F : 0.0F));
      }
    }
  }
  std::vector<float> weight(12);
  for (float& value : weight) value = random.uniform(-0.5F, 0.5F);
  const std::vector<float> bias(3, 0.1F);
  const FoundHead head = find_mean_of_relu_head(
      {.channels = 4, .places = kPlaces, .features = features, .labels = labels, .classes = 3},
      {weight, bias});
  EXPECT_GT(accuracy(head.validation), 0.95);
  ASSERT_EQ(head.weight.size(), 12U);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_GT(head.weight[k * 4 + k], 0);
}

}  // namespace
}  // namespace engraft::learn
