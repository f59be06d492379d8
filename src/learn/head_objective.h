// The losses of several heads on the same rows, computed together: each row is read, scaled and
// multiplied once for all of them. The heads are those of cross-validation's folds (each does not
// see its own rows), or a single one that sees all.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "learn/folds.h"
#include "learn/head_data.h"
#include "learn/head_kind.h"
#include "learn/scaling.h"

namespace engraft::learn {

// One head's problem: of the rows that it sees, the mean cross-entropy, and penalty / 2 · Σ W². Its
// parameters are W (classes × channels), then b (classes), for features in its own scaling.
struct HeadProblem {
  int held_out = kAlwaysSeen;  // the fold that it does not see
  double penalty = 0;
  Scaling scaling;
};

// The value of a problem at `parameters`, and the gradient there.
struct HeadValue {
  double value = 0;
  std::vector<double> gradient;
};

// What a head comes to on the rows that it does not see.
struct HeldOut {
  double loss = 0;  // the sum
  std::int64_t right = 0;
  std::int64_t rows = 0;
};

using Parameters = std::span<const double>;

class HeadObjective {
 public:
  struct Options {
    HeadKind kind = HeadKind::kLinear;
    int workers = 1;             // no result depends on it
    std::function<bool()> stop;  // may be empty; asked often, by several threads
  };

  // `data` and `folds` must stay where they are. `common` scales all rows, where their means lie so
  // far from zero that products would lose digits.
  HeadObjective(const HeadData& data, const Folds& folds, const Scaling& common, Options options);

  // Of each problem at its parameters. Empty where it was stopped.
  std::vector<HeadValue> values(std::span<const HeadProblem* const> problems,
                                std::span<const Parameters> at);

  // Likewise, on the rows held out.
  std::vector<HeldOut> judge(std::span<const HeadProblem* const> problems,
                             std::span<const Parameters> at);

  // The numbers that the head needs for features as they are: classes × channels and classes.
  struct Head {
    std::vector<float> weight;
    std::vector<float> bias;
  };
  Head unscaled(const HeadProblem& problem, Parameters at) const;
  std::vector<double> scaled(const HeadProblem& problem, const Head& head) const;

  std::size_t parameter_count() const { return classes_ * (channels_ + 1); }

 private:
  struct Heads;
  struct Worker;
  // The sums of one part of the rows, kept so that no pass has to ask for memory.
  struct Slot {
    std::vector<float> weight;  // gradients of all problems' weights
    std::vector<double> bias;
    std::vector<HeldOut> sums;  // of each problem: over the rows seen, or held out
  };

  Heads heads_of(std::span<const HeadProblem* const> problems,
                 std::span<const Parameters> at) const;
  bool pass(const Heads& heads);
  void linear_block(const Heads& heads, std::size_t first, std::size_t count, Worker& own,
                    Slot& slot) const;
  void relu_row(const Heads& heads, std::size_t row, Worker& own, Slot& slot) const;
  void judge_row(const Heads& heads, std::size_t row, std::span<float> logits, Slot& slot) const;
  std::span<const float> scaled_rows(std::size_t first, std::size_t count, Worker& own) const;

  const HeadData& data_;
  const Folds& folds_;
  Scaling common_;  // all 0 and 1 where features are used as they are
  bool scales_;
  Options options_;
  std::size_t classes_;
  std::size_t channels_;
  std::size_t places_;
  std::vector<double> seen_;  // rows outside each fold; last, all
  std::vector<Slot> slots_;
};

}  // namespace engraft::learn
