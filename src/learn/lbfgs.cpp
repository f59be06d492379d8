#include "learn/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <utility>

#include "engraft/error.h"

namespace engraft::learn {
namespace {

using Vector = std::vector<double>;

constexpr double kEnoughDecrease = 1e-4;   // c1 of the Wolfe conditions
constexpr double kEnoughFlattening = 0.9;  // c2
constexpr int kLineSearchEvaluations = 25;

// In four sums, which do not wait for each other.
double dot(const Vector& a, const Vector& b) {
  constexpr std::size_t kSums = 4;
  double sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums <= a.size(); i += kSums) {
    for (std::size_t k = 0; k < kSums; ++k) sums[k] += a[i + k] * b[i + k];
  }
  for (; i < a.size(); ++i) sums[0] += a[i] * b[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

double largest_magnitude(const Vector& a) {
  double largest = 0;
  for (const double value : a) largest = std::max(largest, std::abs(value));
  return largest;
}

// y += factor · x
void add_scaled(Vector& y, double factor, const Vector& x) {
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += factor * x[i];
}

// A place on the line that is searched.
struct Point {
  double step = 0;
  double value = 0;
  double slope = 0;
  Vector gradient;
};

// Where the cubic through two points' values and slopes has its minimum, kept within [low, high];
// the middle where it has none (N&W, equation 3.59).
double cubic_minimum(const Point& a, const Point& b, double low, double high) {
  const Point& left = a.step <= b.step ? a : b;
  const Point& right = a.step <= b.step ? b : a;
  const double width = right.step - left.step;
  const double d1 = left.slope + right.slope - 3 * (right.value - left.value) / width;
  const double square = d1 * d1 - left.slope * right.slope;
  if (square >= 0) {
    const double d2 = std::sqrt(square);
    const double at =
        right.step - width * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
    if (std::isfinite(at)) return std::clamp(at, low, high);
  }
  return (low + high) / 2;
}

// Searches along a line on which the value falls at first, for a place that the strong Wolfe
// conditions accept. Asked for a step and told what is there.
class LineSearch {
 public:
  // `start` must stay where it is; steps closer together than `smallest_width` are the same.
  LineSearch(const Point& start, double first_step, double smallest_width, double noise)
      : start_(&start),
        step_(first_step),
        smallest_width_(smallest_width),
        noise_(noise),
        previous_(start) {}

  double step() const { return step_; }
  int evaluations() const { return evaluations_; }

  // What is at step(). Returns whether the search is over.
  bool take(Point current) {
    ++evaluations_;
    return narrowing_ ? narrow(std::move(current)) : extend(std::move(current));
  }

  // The best point found, which may be the start where nothing is better.
  Point& best() { return narrowing_ ? low_ : previous_; }

 private:
  bool extend(Point current);
  bool narrow(Point current);
  bool begin_narrowing(Point low, Point high);
  bool choose_between();
  bool accept(Point point) {
    best() = std::move(point);
    return true;
  }

  // Where the difference of the values says nothing, that of the slopes does: Hager & Zhang's
  // approximate Wolfe conditions (SIAM J. Optim. 16, 2005).
  bool falls_enough(const Point& point) const {
    if (point.value <= start_->value + kEnoughDecrease * point.step * start_->slope) return true;
    return noise_ > 0 && point.value <= start_->value + noise_ &&
           point.slope <= (2 * kEnoughDecrease - 1) * start_->slope;
  }
  bool is_higher(const Point& point, const Point& other) const {
    return point.value - other.value >= noise_;
  }
  bool is_flat_enough(const Point& point) const {
    return std::abs(point.slope) <= -kEnoughFlattening * start_->slope;
  }

  const Point* start_;
  double step_;
  double smallest_width_;
  double noise_;
  int evaluations_ = 0;
  bool narrowing_ = false;
  Point previous_;  // while extending
  Point low_;       // while narrowing: has the lower value and falls towards high_
  Point high_;
  bool slow_ = false;
};

// N&W algorithm 3.5: longer steps until a good point lies between the last two.
bool LineSearch::extend(Point current) {
  const bool rises = !falls_enough(current) || (evaluations_ > 1 && is_higher(current, previous_));
  if (rises || !std::isfinite(current.value)) {
    return begin_narrowing(std::move(previous_), std::move(current));
  }
  if (is_flat_enough(current)) return accept(std::move(current));
  if (current.slope >= 0) return begin_narrowing(std::move(current), std::move(previous_));
  const double least = step_ + 0.01 * (step_ - previous_.step);
  step_ = cubic_minimum(previous_, current, least, step_ * 10);
  previous_ = std::move(current);
  return evaluations_ >= kLineSearchEvaluations;
}

bool LineSearch::begin_narrowing(Point low, Point high) {
  narrowing_ = true;
  low_ = std::move(low);
  high_ = std::move(high);
  return choose_between();
}

// N&W algorithm 3.6.
bool LineSearch::narrow(Point current) {
  if (!falls_enough(current) || is_higher(current, low_) || !std::isfinite(current.value)) {
    high_ = std::move(current);
    return choose_between();
  }
  if (is_flat_enough(current)) return accept(std::move(current));
  if (current.slope * (high_.step - low_.step) >= 0) high_ = std::move(low_);
  low_ = std::move(current);
  return choose_between();
}

// The next step; returns whether there is none.
bool LineSearch::choose_between() {
  const double left = std::min(low_.step, high_.step);
  const double right = std::max(low_.step, high_.step);
  if (evaluations_ >= kLineSearchEvaluations || right - left < smallest_width_) return true;
  step_ = cubic_minimum(low_, high_, left, right);
  // Close to an end twice in a row, or on it, the interval would hardly shrink.
  const double margin = 0.1 * (right - left);
  if (std::min(right - step_, step_ - left) >= margin) {
    slow_ = false;
  } else if (slow_ || step_ >= right || step_ <= left) {
    step_ = right - step_ < step_ - left ? right - margin : left + margin;
    slow_ = false;
  } else {
    slow_ = true;
  }
  return false;
}

// The last steps and the changes of the gradient along them.
class History {
 public:
  explicit History(int size) : size_(static_cast<std::size_t>(std::max(size, 1))) {}

  void add(Vector step, Vector change) {
    const double curvature = dot(step, change);
    // Rounding alone could make it, and the estimate would no longer be definite. (PyTorch's fixed
    // bound of 1e-10 also drops the last, small steps, and stalls there.)
    if (curvature <= 1e-12 * std::sqrt(dot(step, step) * dot(change, change))) return;
    scale_ = curvature / dot(change, change);
    if (pairs_.size() == size_) pairs_.pop_front();
    pairs_.push_back({std::move(step), std::move(change), 1 / curvature});
  }

  // The estimated inverse Hessian times -gradient: the two loops of algorithm 7.4.
  Vector direction(const Vector& gradient) const {
    Vector d(gradient.size());
    add_scaled(d, -1, gradient);
    Vector weights(pairs_.size());
    for (std::size_t i = pairs_.size(); i-- > 0;) {
      weights[i] = dot(pairs_[i].step, d) * pairs_[i].inverse_curvature;
      add_scaled(d, -weights[i], pairs_[i].change);
    }
    for (double& value : d) value *= scale_;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const double back = dot(pairs_[i].change, d) * pairs_[i].inverse_curvature;
      add_scaled(d, weights[i] - back, pairs_[i].step);
    }
    return d;
  }

 private:
  struct Pair {
    Vector step;
    Vector change;
    double inverse_curvature;
  };

  std::size_t size_;
  std::deque<Pair> pairs_;
  double scale_ = 1;
};

}  // namespace

struct Lbfgs::State {
  explicit State(std::vector<double> start, const LbfgsOptions& how)
      : options(how), x(std::move(start)), wanted(x), history(how.history) {}

  void stop(LbfgsStop reason) {
    done = true;
    result.stop = reason;
  }
  void begin(double value, Vector gradient);
  void choose_line();
  void end_iteration(Point next);

  LbfgsOptions options;
  Vector x;
  Vector wanted;
  History history;
  Point here;  // at x
  Vector direction;
  std::optional<LineSearch> line;  // none before the first value is known
  LbfgsResult result;
  double largest_gradient = 0;
  bool done = false;
};

void Lbfgs::State::begin(double value, Vector gradient) {
  here = {.value = value, .gradient = std::move(gradient)};
  result = {.value = value, .evaluations = 1};
  if (!std::isfinite(value)) {
    throw Error(
        "L-BFGS cannot start: the loss is not a finite number; are there infinite or "
        "undefined values in the features?");
  }
  largest_gradient = largest_magnitude(here.gradient);
  if (largest_gradient <= options.gradient_tolerance) return stop(LbfgsStop::kGradient);
  choose_line();
}

// Where to search from `here`.
void Lbfgs::State::choose_line() {
  if (result.iterations >= options.max_iterations) return stop(LbfgsStop::kIterations);
  direction = history.direction(here.gradient);
  here.step = 0;
  here.slope = dot(here.gradient, direction);
  if (here.slope > -options.change_tolerance * options.change_tolerance) {
    return stop(LbfgsStop::kChange);
  }
  double first_step = 1;
  if (result.iterations == 0) {
    double sum = 0;
    for (const double value : here.gradient) sum += std::abs(value);
    first_step = std::min(1.0, 1 / sum);
  }
  line.emplace(here, first_step, options.change_tolerance / largest_magnitude(direction),
               options.value_noise * std::abs(here.value));
}

void Lbfgs::State::end_iteration(Point next) {
  result.evaluations += line->evaluations();
  ++result.iterations;
  line.reset();
  Vector step(x.size());
  add_scaled(step, next.step, direction);
  add_scaled(x, 1, step);
  const double moved = largest_magnitude(step);
  const double gained = std::abs(next.value - here.value);
  Vector change = next.gradient;
  add_scaled(change, -1, here.gradient);
  history.add(std::move(step), std::move(change));
  here = std::move(next);
  result.value = here.value;
  largest_gradient = largest_magnitude(here.gradient);
  if (largest_gradient <= options.gradient_tolerance) {
    stop(LbfgsStop::kGradient);
  } else if (moved <= options.change_tolerance || gained < options.change_tolerance) {
    stop(LbfgsStop::kChange);
  } else {
    choose_line();
  }
}

Lbfgs::Lbfgs(std::vector<double> start, const LbfgsOptions& options)
    : state_(std::make_unique<State>(std::move(start), options)) {}
Lbfgs::Lbfgs(Lbfgs&&) noexcept = default;
Lbfgs& Lbfgs::operator=(Lbfgs&&) noexcept = default;
Lbfgs::~Lbfgs() = default;

bool Lbfgs::done() const { return state_->done; }
std::span<const double> Lbfgs::wanted() const { return state_->wanted; }
const std::vector<double>& Lbfgs::x() const { return state_->x; }
double Lbfgs::largest_gradient() const { return state_->largest_gradient; }
const LbfgsResult& Lbfgs::result() const { return state_->result; }

bool Lbfgs::tell(double value, std::vector<double> gradient) {
  State& state = *state_;
  bool iterated = false;
  if (!state.line) {
    state.begin(value, std::move(gradient));
  } else {
    Point point{.step = state.line->step(), .value = value};
    point.slope = dot(gradient, state.direction);
    point.gradient = std::move(gradient);
    if (state.line->take(std::move(point))) {
      state.end_iteration(std::move(state.line->best()));
      iterated = true;
    }
  }
  if (!state.done) {
    state.wanted = state.x;
    add_scaled(state.wanted, state.line->step(), state.direction);
  }
  return iterated;
}

LbfgsResult minimise(const Objective& objective, std::vector<double>& x,
                     const LbfgsOptions& options, const LbfgsCallback& callback) {
  Lbfgs search(std::move(x), options);
  bool stopped = false;
  while (!search.done() && !stopped) {
    if (options.stop && options.stop()) {
      stopped = true;
      break;
    }
    std::vector<double> gradient(search.wanted().size());
    const double value = objective(search.wanted(), gradient);
    if (!search.tell(value, std::move(gradient)) || !callback) continue;
    stopped = !callback(
        {search.result().iterations, search.result().value, search.largest_gradient(), search.x()});
  }
  x = search.x();
  LbfgsResult result = search.result();
  if (stopped) result.stop = LbfgsStop::kCallback;
  return result;
}

}  // namespace engraft::learn
