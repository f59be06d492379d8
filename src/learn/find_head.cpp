#include "learn/find_head.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/parallel.h"
#include "learn/head_objective.h"
#include "learn/lbfgs.h"

namespace engraft::learn {
namespace {

using Start = std::vector<double>;  // or where a search came to

// Of a loss computed from logits in float32, relative.
constexpr double kLossNoise = 1e-7;

// Searches that run side by side may hold this much; a head of very many classes is searched with
// fewer steps remembered, and fewer folds at once.
constexpr double kSearchBytes = 512e6;
// More steps remembered save products and cost passes over what is remembered, which small heads
// have in a core's cache.
constexpr int kHistory = 20;
constexpr int kUsualHistory = 10;
constexpr std::size_t kSmallHead = 16'384;
constexpr int kLeastHistory = 4;

double bytes_of_search(std::size_t parameters, int history) {
  // Each remembered step has two vectors; beside them stand the places and gradients of a search.
  return static_cast<double>(parameters) * sizeof(double) * (2.0 * history + 9);
}

int history_for(std::size_t parameters) {
  int history = parameters <= kSmallHead ? kHistory : kUsualHistory;
  while (history > kLeastHistory && bytes_of_search(parameters, history) > kSearchBytes) --history;
  return history;
}

// Enough to compare penalties: what further iterations would change is far below what differs
// between folds.
LbfgsOptions trial_options(int history) {
  return {.history = history,
          .max_iterations = 100,
          .value_noise = kLossNoise,
          .gradient_tolerance = 1e-5,
          .change_tolerance = 3e-6};
}

LbfgsOptions final_options(int history) {
  return {.history = history,
          .max_iterations = 100,
          .value_noise = kLossNoise,
          .gradient_tolerance = 1e-6,
          .change_tolerance = 1e-8};
}

// Of one pass over the rows for one head, forwards and backwards.
double multiply_adds(const HeadData& data) {
  return 2.0 * static_cast<double>(data.count()) * static_cast<double>(data.width()) * data.classes;
}

// What all fits on some data share.
class Fits {
 public:
  Fits(const HeadData& data, HeadKind kind, const HeadOptions& options)
      : options_(options),
        workers_(options.workers > 0 ? options.workers : base::usable_processors()),
        folds_(deal_folds(data, options.folds, options.seed)),
        moments_(data, folds_, workers_),
        all_{.scaling = moments_.of_all()},
        objective_(data, folds_, all_.scaling,
                   {.kind = kind, .workers = workers_, .stop = options.events.stop}),
        start_(objective_.parameter_count()),
        history_(history_for(start_.size())) {
    const bool convex = kind == HeadKind::kLinear;
    warm_ = convex;
    ends_early_ = convex;
  }

  Fits(const Fits&) = delete;
  Fits& operator=(const Fits&) = delete;

  // In place of zeros.
  void start_from(const FreshHead& fresh) {
    fresh_ = {.weight = {fresh.weight.begin(), fresh.weight.end()},
              .bias = {fresh.bias.begin(), fresh.bias.end()}};
    start_ = objective_.scaled(all_, *fresh_);
  }

  // By heads for at most `most_folds` of the folds.
  CrossValidation cross_validate(double most_folds);

  // After it.
  FoundHead find(const CrossValidation& validation);

 private:
  bool fit(std::span<const HeadProblem* const> problems, const LbfgsOptions& options,
           std::span<Start* const> starts);
  std::optional<HeldOut> try_penalty(double penalty, std::vector<HeadProblem>& problems,
                                     std::vector<Start>& starts);
  std::vector<HeadProblem> held_out_problems(double most_folds) const;

  const HeadOptions& options_;
  int workers_;
  Folds folds_;
  Moments moments_;
  HeadProblem all_;
  HeadObjective objective_;
  Start start_;
  std::optional<HeadObjective::Head> fresh_;
  int history_;
  bool warm_ = false;        // a fit begins where that of the last penalty ended
  bool ends_early_ = false;  // the losses have one minimum along the penalties
};

// Searches side by side. Returns false where it was stopped.
bool Fits::fit(std::span<const HeadProblem* const> problems, const LbfgsOptions& options,
               std::span<Start* const> starts) {
  std::vector<Lbfgs> searches;
  for (Start* const start : starts) searches.emplace_back(std::move(*start), options);
  std::vector<std::size_t> going(problems.size());
  for (std::size_t i = 0; i < going.size(); ++i) going[i] = i;
  while (!going.empty()) {
    std::vector<const HeadProblem*> asked;
    std::vector<Parameters> at;
    for (const std::size_t i : going) {
      asked.push_back(problems[i]);
      at.push_back(searches[i].wanted());
    }
    std::vector<HeadValue> values = objective_.values(asked, at);
    if (values.empty()) return false;
    base::parallel_for(going.size(), workers_, [&](std::size_t k, int) {
      searches[going[k]].tell(values[k].value, std::move(values[k].gradient));
    });
    std::erase_if(going, [&](std::size_t i) { return searches[i].done(); });
  }
  for (std::size_t i = 0; i < starts.size(); ++i) *starts[i] = searches[i].x();
  return true;
}

// A head for each fold that holds anything out.
std::vector<HeadProblem> Fits::held_out_problems(double most_folds) const {
  std::vector<HeadProblem> problems;
  for (int fold = 0; fold < folds_.count; ++fold) {
    if (static_cast<double>(problems.size()) + 1 > most_folds) break;
    if (std::ranges::find(folds_.of_row, fold) == folds_.of_row.end()) continue;
    problems.push_back({.held_out = fold, .scaling = moments_.outside(fold)});
  }
  return problems;
}

// What the heads of all folds come to together; nothing where it was stopped.
std::optional<HeldOut> Fits::try_penalty(double penalty, std::vector<HeadProblem>& problems,
                                         std::vector<Start>& starts) {
  const auto at_once = static_cast<std::size_t>(
      std::max(1.0, std::floor(kSearchBytes / bytes_of_search(start_.size(), history_))));
  HeldOut sums;
  for (std::size_t first = 0; first < problems.size(); first += at_once) {
    std::vector<const HeadProblem*> some;
    std::vector<Start*> own;
    for (std::size_t i = first; i < std::min(problems.size(), first + at_once); ++i) {
      problems[i].penalty = penalty;
      if (!warm_) starts[i] = fresh_ ? objective_.scaled(problems[i], *fresh_) : start_;
      some.push_back(&problems[i]);
      own.push_back(&starts[i]);
    }
    if (!fit(some, trial_options(history_), own)) return {};
    std::vector<Parameters> at;
    for (const Start* const one : own) at.emplace_back(*one);
    const std::vector<HeldOut> outcomes = objective_.judge(some, at);
    if (outcomes.empty()) return {};
    for (const HeldOut& one : outcomes) {
      sums.loss += one.loss;
      sums.right += one.right;
      sums.rows += one.rows;
    }
  }
  return sums;
}

CrossValidation Fits::cross_validate(double most_folds) {
  CrossValidation result;
  std::vector<HeadProblem> problems = held_out_problems(most_folds);
  if (problems.empty()) return result;
  std::vector<Start> starts(problems.size(), start_);
  double least = std::numeric_limits<double>::infinity();
  double last = least;
  const std::size_t count = options_.penalties.size();
  for (std::size_t p = 0; p < count; ++p) {
    const std::optional<HeldOut> outcome = try_penalty(options_.penalties[p], problems, starts);
    if (options_.events.progress) {
      options_.events.progress("cross-validation", outcome ? p + 1 : count, count);
    }
    if (!outcome) return {.complete = false};
    if (outcome->loss < least) {
      least = outcome->loss;
      result = {.pictures = outcome->rows,
                .right = outcome->right,
                .loss = outcome->loss / static_cast<double>(outcome->rows),
                .penalty = options_.penalties[p]};
      if (warm_) {
        // The folds' heads together are near the one that sees everything.
        for (std::size_t i = 0; i < start_.size(); ++i) {
          double sum = 0;
          for (const Start& one : starts) sum += one[i];
          start_[i] = sum / static_cast<double>(starts.size());
        }
      }
    }
    if (ends_early_ && outcome->loss > last) break;
    last = outcome->loss;
  }
  return result;
}

FoundHead Fits::find(const CrossValidation& validation) {
  FoundHead found{.validation = validation};
  all_.penalty = validation.penalty;
  const HeadProblem* const problem = &all_;
  Start* const start = &start_;
  if (!fit(std::span(&problem, 1), final_options(history_), std::span(&start, 1))) {
    found.validation.complete = false;
    return found;
  }
  HeadObjective::Head head = objective_.unscaled(all_, start_);
  found.weight = std::move(head.weight);
  found.bias = std::move(head.bias);
  return found;
}

FoundHead find_head(Fits& fits, const HeadData& data, const HeadOptions& options) {
  constexpr double kTooMuch = 24;
  const double folds = options.work / std::max(multiply_adds(data), 1.0);
  const CrossValidation validation = folds * kTooMuch < 1
                                         ? CrossValidation{.too_large = true}
                                         : fits.cross_validate(std::max(folds, 1.0));
  return validation.complete ? fits.find(validation) : FoundHead{.validation = validation};
}

}  // namespace

CrossValidation cross_validate(const HeadData& data, const HeadOptions& options) {
  return Fits(data, HeadKind::kLinear, options).cross_validate(options.folds);
}

FoundHead find_linear_head(const HeadData& data, const HeadOptions& options) {
  Fits fits(data, HeadKind::kLinear, options);
  return find_head(fits, data, options);
}

FoundHead find_mean_of_relu_head(const HeadData& data, const FreshHead& fresh,
                                 const HeadOptions& options) {
  Fits fits(data, HeadKind::kMeanOfRelu, options);
  fits.start_from(fresh);
  return find_head(fits, data, options);
}

}  // namespace engraft::learn
