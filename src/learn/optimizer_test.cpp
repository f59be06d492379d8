#include "learn/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "engraft/error.h"
#include "learn/testing/golden.h"

namespace engraft::learn {
namespace {

using Values = std::vector<std::vector<float>>;

std::vector<std::span<float>> spans(Values& values) { return {values.begin(), values.end()}; }

std::vector<std::span<const float>> views(const Values& values) {
  return {values.begin(), values.end()};
}

struct Variant {
  const char* name;
  OptimizerOptions options;
};

OptimizerOptions sgd(float momentum, float decay) {
  return {.kind = OptimizerKind::kSgd,
          .learning_rate = 0.1F,
          .weight_decay = decay,
          .momentum = momentum};
}

OptimizerOptions adam(OptimizerKind kind, float decay) {
  return {.kind = kind, .learning_rate = 0.01F, .weight_decay = decay};
}

const Variant kVariants[] = {
    {"sgd", sgd(0.9F, 0)},
    {"sgd plain", sgd(0, 0)},
    {"sgd decay", sgd(0.9F, 0.05F)},
    {"adam", adam(OptimizerKind::kAdam, 0)},
    {"adam decay", adam(OptimizerKind::kAdam, 0.05F)},
    {"adamw", adam(OptimizerKind::kAdamW, 0)},
    {"adamw decay", adam(OptimizerKind::kAdamW, 0.05F)},
};

void expect_near(const Values& got, const Values& want, const std::string& where) {
  for (std::size_t p = 0; p < want.size(); ++p) {
    // Relative to the parameter's largest number: PyTorch's own rounding is relative to its terms.
    float largest = 0;
    for (const float value : want[p]) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < want[p].size(); ++i) {
      ASSERT_NEAR(got[p][i], want[p][i], 1e-6 * largest)
          << where << ", parameter " << p << "." << i;
    }
  }
}

TEST(Optimizer, MatchesPyTorchStepByStep) {
  const nlohmann::json& all = golden("steps");
  const auto gradients = all["gradients"].get<std::vector<Values>>();
  for (const Variant& variant : kVariants) {
    const auto trace = all["variants"][variant.name]["trace"].get<std::vector<Values>>();
    auto values = all["start"].get<Values>();
    Optimizer optimizer(variant.options, spans(values));
    for (std::size_t step = 0; step < gradients.size(); ++step) {
      optimizer.step(views(gradients[step]));
      expect_near(values, trace[step],
                  std::string(variant.name) + ", step " + std::to_string(step));
    }
  }
}

TEST(Optimizer, GoesOnFromASavedStateAsIfNothingHadHappened) {
  const auto gradients = golden("steps")["gradients"].get<std::vector<Values>>();
  for (const Variant& variant : kVariants) {
    auto straight = golden("steps")["start"].get<Values>();
    auto resumed = straight;
    Optimizer one(variant.options, spans(straight));
    OptimizerState saved;
    for (std::size_t step = 0; step < gradients.size(); ++step) {
      if (step == 10) {
        saved = one.state();
        resumed = straight;
      }
      one.step(views(gradients[step]));
    }
    Optimizer two(variant.options, spans(resumed));
    two.restore(saved);
    for (std::size_t step = 10; step < gradients.size(); ++step) two.step(views(gradients[step]));
    EXPECT_EQ(straight, resumed) << variant.name;
  }
}

TEST(Optimizer, RefusesAStateOfOtherParametersOrAnotherKind) {
  Values small{{1, 2}};
  Values large{{1, 2, 3}};
  Optimizer optimizer(adam(OptimizerKind::kAdam, 0), spans(small));
  EXPECT_THROW(optimizer.restore(Optimizer(adam(OptimizerKind::kAdam, 0), spans(large)).state()),
               Error);
  EXPECT_THROW(optimizer.restore(Optimizer(sgd(0.9F, 0), spans(small)).state()), Error);
}

TEST(Optimizer, TreatsEveryNumberOfALargeParameterAlike) {
  Values value{std::vector<float>(600'001, 1.0F)};
  const Values gradient{std::vector<float>(600'001, 0.5F)};
  Optimizer optimizer(adam(OptimizerKind::kAdam, 0), spans(value));
  optimizer.step(views(gradient));
  EXPECT_NEAR(value[0][0], 0.99, 1e-6);  // Adam's first step is the learning rate
  EXPECT_EQ(std::count(value[0].begin(), value[0].end(), value[0][0]), 600'001);
}

TEST(OptimizerKind, HasTheCommandLinesNames) {
  EXPECT_EQ(to_string(OptimizerKind::kSgd), "sgd");
  EXPECT_EQ(to_string(OptimizerKind::kAdam), "adam");
  EXPECT_EQ(to_string(OptimizerKind::kAdamW), "adamw");
}

}  // namespace
}  // namespace engraft::learn
