// L-BFGS (Nocedal & Wright, Numerical Optimization, 2nd ed., algorithms 7.4 and 7.5) with a line
// search for the strong Wolfe conditions, as torch.optim.LBFGS(line_search_fn="strong_wolfe"):
// finds the minimum of a smooth function of many variables from values and gradients alone.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace engraft::learn {

// The value at x; writes the gradient there, which has x's size.
using Objective = std::function<double(std::span<const double> x, std::span<double> gradient)>;

struct LbfgsOptions {
  int history = 10;  // steps that the curvature is estimated from; each costs 16 bytes a variable
  int max_iterations = 1000;
  // How far values may be off, relative to themselves; closer values count as equal in the line
  // search, and the slopes decide.
  double value_noise = 0;
  double gradient_tolerance = 1e-7;  // stop where no component of the gradient is larger,
  double change_tolerance = 1e-9;    // or where x or the value changes by less
  std::function<bool()> stop;        // minimise() asks it before each evaluation; may be empty
};

enum class LbfgsStop {
  kGradient,    // within gradient_tolerance: a minimum
  kChange,      // within change_tolerance: a minimum as far as the arithmetic can tell
  kIterations,  // max_iterations were made
  kCallback,    // the callback or `stop` asked for it
};

struct LbfgsResult {
  double value = 0;
  int iterations = 0;
  int evaluations = 0;
  LbfgsStop stop = LbfgsStop::kIterations;
};

// A search that is asked where it wants to know the function next and told what it is there, so
// that many searches can have their functions computed together.
class Lbfgs {
 public:
  explicit Lbfgs(std::vector<double> start, const LbfgsOptions& options = {});
  Lbfgs(Lbfgs&&) noexcept;
  Lbfgs& operator=(Lbfgs&&) noexcept;
  ~Lbfgs();

  bool done() const;

  // Where the value and the gradient are wanted; until done().
  std::span<const double> wanted() const;

  // What they are there; returns whether that ended an iteration. Throws Error where the value at
  // the start is not finite.
  bool tell(double value, std::vector<double> gradient);

  // The best point so far, the largest component of the gradient there, and what led to it.
  const std::vector<double>& x() const;
  double largest_gradient() const;
  const LbfgsResult& result() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct LbfgsProgress {
  int iteration = 0;  // from 1
  double value = 0;
  double largest_gradient = 0;  // the largest component
  std::span<const double> x;    // valid during the call only
};

// Called after each iteration; returns false to stop.
using LbfgsCallback = std::function<bool(const LbfgsProgress&)>;

// Moves x to a minimum of `objective`; `callback` may be empty. Throws Error where the value at the
// start is not finite.
LbfgsResult minimise(const Objective& objective, std::vector<double>& x,
                     const LbfgsOptions& options = {}, const LbfgsCallback& callback = {});

}  // namespace engraft::learn
