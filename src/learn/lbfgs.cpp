#include "learn/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>
#include <utility>

#include "engraft/error.h"

namespace engraft::learn {
namespace {

using Vector = std::vector<double>;

constexpr double kEnoughDecrease = 1e-4;   // c1 of the Wolfe conditions
constexpr double kEnoughFlattening = 0.9;  // c2
constexpr int kLineSearchEvaluations = 25;

double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
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

// Searches from x along a direction in which the value falls.
class LineSearch {
 public:
  LineSearch(const Objective& objective, const Vector& x, const Vector& direction,
             double change_tolerance, double noise)
      : objective_(objective),
        x_(x),
        direction_(direction),
        smallest_width_(change_tolerance / largest_magnitude(direction)),
        noise_(noise) {}

  // The best point found, which may be `start` where nothing is better.
  Point search(const Point& start, double first_step);

  int evaluations() const { return evaluations_; }

 private:
  Point at(double step);
  Point narrow(const Point& start, Point low, Point high);

  // Where the difference of the values says nothing, that of the slopes does: Hager & Zhang's
  // approximate Wolfe conditions (SIAM J. Optim. 16, 2005).
  bool falls_enough(const Point& start, const Point& point) const {
    if (point.value <= start.value + kEnoughDecrease * point.step * start.slope) return true;
    return noise_ > 0 && point.value <= start.value + noise_ &&
           point.slope <= (2 * kEnoughDecrease - 1) * start.slope;
  }
  bool is_higher(const Point& point, const Point& other) const {
    return point.value - other.value >= noise_;
  }
  bool is_flat_enough(const Point& start, const Point& point) const {
    return std::abs(point.slope) <= -kEnoughFlattening * start.slope;
  }

  const Objective& objective_;
  const Vector& x_;
  const Vector& direction_;
  double smallest_width_;
  double noise_;
  int evaluations_ = 0;
};

Point LineSearch::at(double step) {
  Vector x = x_;
  add_scaled(x, step, direction_);
  Point point{.step = step, .gradient = Vector(x.size())};
  point.value = objective_(x, point.gradient);
  point.slope = dot(point.gradient, direction_);
  ++evaluations_;
  return point;
}

// N&W algorithm 3.5: longer steps until a good point lies between the last two.
Point LineSearch::search(const Point& start, double first_step) {
  Point previous = start;
  double step = first_step;
  while (evaluations_ < kLineSearchEvaluations) {
    Point current = at(step);
    const bool rises =
        !falls_enough(start, current) || (evaluations_ > 1 && is_higher(current, previous));
    if (rises || !std::isfinite(current.value)) return narrow(start, previous, std::move(current));
    if (is_flat_enough(start, current)) return current;
    if (current.slope >= 0) return narrow(start, std::move(current), std::move(previous));
    const double least = step + 0.01 * (step - previous.step);
    step = cubic_minimum(previous, current, least, step * 10);
    previous = std::move(current);
  }
  return previous;
}

// N&W algorithm 3.6. `low` has the lower value and falls towards `high`.
Point LineSearch::narrow(const Point& start, Point low, Point high) {
  bool slow = false;
  while (evaluations_ < kLineSearchEvaluations) {
    const double left = std::min(low.step, high.step);
    const double right = std::max(low.step, high.step);
    if (right - left < smallest_width_) break;
    double step = cubic_minimum(low, high, left, right);
    // Close to an end twice in a row, or on it, the interval would hardly shrink.
    const double margin = 0.1 * (right - left);
    if (std::min(right - step, step - left) < margin) {
      if (slow || step >= right || step <= left) {
        step = right - step < step - left ? right - margin : left + margin;
        slow = false;
      } else {
        slow = true;
      }
    } else {
      slow = false;
    }
    Point current = at(step);
    if (!falls_enough(start, current) || is_higher(current, low) || !std::isfinite(current.value)) {
      high = std::move(current);
      continue;
    }
    if (is_flat_enough(start, current)) return current;
    if (current.slope * (high.step - low.step) >= 0) high = std::move(low);
    low = std::move(current);
  }
  return low;
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

LbfgsResult minimise(const Objective& objective, std::vector<double>& x,
                     const LbfgsOptions& options, const LbfgsCallback& callback) {
  Point here{.gradient = Vector(x.size())};
  here.value = objective(x, here.gradient);
  LbfgsResult result{.value = here.value, .evaluations = 1};
  if (!std::isfinite(here.value)) {
    throw Error(
        "L-BFGS cannot start: the loss is not a finite number; are there infinite or "
        "undefined values in the features?");
  }
  if (largest_magnitude(here.gradient) <= options.gradient_tolerance) {
    result.stop = LbfgsStop::kGradient;
    return result;
  }
  History history(options.history);
  while (result.iterations < options.max_iterations) {
    const Vector direction = history.direction(here.gradient);
    here.step = 0;
    here.slope = dot(here.gradient, direction);
    if (here.slope > -options.change_tolerance * options.change_tolerance) {
      result.stop = LbfgsStop::kChange;
      break;
    }
    double first_step = 1;
    if (result.iterations == 0) {
      double sum = 0;
      for (const double value : here.gradient) sum += std::abs(value);
      first_step = std::min(1.0, 1 / sum);
    }
    LineSearch line(objective, x, direction, options.change_tolerance,
                    options.value_noise * std::abs(here.value));
    Point next = line.search(here, first_step);
    result.evaluations += line.evaluations();
    ++result.iterations;

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

    const double largest = largest_magnitude(here.gradient);
    if (callback && !callback({result.iterations, here.value, largest, x})) {
      result.stop = LbfgsStop::kCallback;
      break;
    }
    if (largest <= options.gradient_tolerance) {
      result.stop = LbfgsStop::kGradient;
      break;
    }
    if (moved <= options.change_tolerance || gained < options.change_tolerance) {
      result.stop = LbfgsStop::kChange;
      break;
    }
  }
  return result;
}

}  // namespace engraft::learn
