#include "learn/head_objective.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace engraft::learn {
namespace {

constexpr int kClasses = 3;
constexpr std::size_t kRows = 90;

// Rows of which a third is held out in turn, and parameters to look at.
struct Case {
  Case(HeadKind what, std::int64_t places) : kind(what) {
    base::Random random({7});
    data = {.channels = 5, .places = places, .labels = labels, .classes = kClasses};
    features.resize(kRows * data.width());
    for (float& value : features) value = 3 + 2 * random.normal();
    folds.of_row.resize(kRows);
    for (std::size_t i = 0; i < kRows; ++i) {
      labels[i] = static_cast<int>(i % kClasses);
      folds.of_row[i] = static_cast<int>(i / 10 % 3);
    }
    data.features = features;
    data.labels = labels;
    const Moments moments(data, folds, 1);
    common = moments.of_all();
    for (int fold = 0; fold < 3; ++fold) {
      problems.push_back({.held_out = fold, .penalty = 0.1, .scaling = moments.outside(fold)});
    }
    problems.push_back({.penalty = 0.3, .scaling = moments.of_all()});
    at.resize(kClasses * (5 + 1));
    for (double& value : at) value = random.normal();
  }

  HeadObjective objective(int workers = 1) const {
    return {data, folds, common, {.kind = kind, .workers = workers}};
  }

  std::vector<HeadValue> values(HeadObjective of) const {
    const std::vector<const HeadProblem*> asked{&problems[0], &problems[1], &problems[2],
                                                &problems[3]};
    return of.values(asked, std::vector<Parameters>(4, at));
  }

  // As it is defined: scaled, multiplied, squashed, in double.
  double logit(const HeadProblem& problem, std::size_t row, std::size_t k) const {
    const auto places = static_cast<std::size_t>(data.places);
    double mean = 0;
    for (std::size_t p = 0; p < places; ++p) {
      double sum = at[kClasses * 5 + k];
      for (std::size_t c = 0; c < 5; ++c) {
        const float x = features[(row * 5 + c) * places + p];
        sum += at[k * 5 + c] * (double{x} - problem.scaling.mean[c]) * problem.scaling.scale[c];
      }
      mean += (kind == HeadKind::kLinear ? sum : std::max(0.0, sum)) / static_cast<double>(places);
    }
    return mean;
  }

  double loss(const HeadProblem& problem, std::size_t row) const {
    double sum = 0;
    for (std::size_t k = 0; k < kClasses; ++k) sum += std::exp(logit(problem, row, k));
    return std::log(sum) - logit(problem, row, static_cast<std::size_t>(labels[row]));
  }

  double value(const HeadProblem& problem) const {
    double sum = 0;
    double seen = 0;
    for (std::size_t i = 0; i < kRows; ++i) {
      if (folds.of_row[i] == problem.held_out) continue;
      sum += loss(problem, i);
      ++seen;
    }
    double squares = 0;
    for (std::size_t i = 0; i < kClasses * 5; ++i) squares += at[i] * at[i];
    return sum / seen + problem.penalty / 2 * squares;
  }

  HeadKind kind;
  std::vector<int> labels = std::vector<int>(kRows);
  std::vector<float> features;
  HeadData data;
  Folds folds{3, {}};
  Scaling common;
  std::vector<HeadProblem> problems;
  std::vector<double> at;
};

class Objective : public testing::TestWithParam<HeadKind> {
 protected:
  Case given_{GetParam(), GetParam() == HeadKind::kLinear ? 1 : 4};
};

TEST_P(Objective, IsTheLossOfTheRowsThatAProblemSees) {
  const std::vector<HeadValue> values = given_.values(given_.objective());
  for (std::size_t p = 0; p < 4; ++p) {
    EXPECT_NEAR(values[p].value, given_.value(given_.problems[p]), 1e-5);
  }
}

TEST_P(Objective, GradientMatchesDifferences) {
  const std::vector<HeadValue> values = given_.values(given_.objective());
  for (std::size_t p = 0; p < 4; ++p) {
    for (std::size_t i = 0; i < given_.at.size(); ++i) {
      const double before = given_.at[i];
      given_.at[i] = before + 1e-6;
      const double up = given_.value(given_.problems[p]);
      given_.at[i] = before - 1e-6;
      const double down = given_.value(given_.problems[p]);
      given_.at[i] = before;
      EXPECT_NEAR(values[p].gradient[i], (up - down) / 2e-6, 1e-5) << p << " " << i;
    }
  }
}

TEST_P(Objective, JudgesTheRowsHeldOut) {
  HeadObjective objective = given_.objective();
  const HeadProblem* const problem = &given_.problems[1];
  const Parameters at = given_.at;
  const HeldOut outcome = objective.judge(std::span(&problem, 1), std::span(&at, 1))[0];
  double loss = 0;
  for (std::size_t i = 0; i < kRows; ++i) {
    if (given_.folds.of_row[i] == 1) loss += given_.loss(*problem, i);
  }
  EXPECT_EQ(outcome.rows, 30);
  EXPECT_NEAR(outcome.loss, loss, 1e-4);
}

TEST_P(Objective, DoesNotDependOnWorkersNorOnWhereRowsLie) {
  const std::vector<HeadValue> one = given_.values(given_.objective());
  const std::vector<HeadValue> three = given_.values(given_.objective(3));
  const std::vector<float> rows = std::move(given_.features);
  given_.data.features = {};
  given_.data.read = [&](std::size_t first, std::span<float> into) {
    std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(first * given_.data.width()),
                into.size(), into.begin());
  };
  const std::vector<HeadValue> read = given_.values(given_.objective(2));
  for (std::size_t p = 0; p < 4; ++p) {
    EXPECT_EQ(one[p].value, three[p].value);
    EXPECT_EQ(one[p].gradient, three[p].gradient);
    EXPECT_EQ(one[p].value, read[p].value);
    EXPECT_EQ(one[p].gradient, read[p].gradient);
  }
}

TEST_P(Objective, ScalingIsFoldedIntoAHeadAndOutAgain) {
  const HeadObjective objective = given_.objective();
  const HeadProblem& problem = given_.problems[2];
  const std::vector<double> again =
      objective.scaled(problem, objective.unscaled(problem, given_.at));
  for (std::size_t i = 0; i < again.size(); ++i) EXPECT_NEAR(again[i], given_.at[i], 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Objective,
                         testing::Values(HeadKind::kLinear, HeadKind::kMeanOfRelu));

}  // namespace
}  // namespace engraft::learn
