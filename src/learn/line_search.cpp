#include "learn/line_search.h"

#include <algorithm>
#include <cmath>

namespace engraft::learn {
namespace {

constexpr double kEnoughDecrease = 1e-4;   // c1 of the Wolfe conditions
constexpr double kEnoughFlattening = 0.9;  // c2
constexpr int kLineSearchEvaluations = 25;

// Where the cubic through two points' values and slopes has its minimum, kept within [low, high];
// the middle where it has none (equation 3.59).
double cubic_minimum(const LinePoint& a, const LinePoint& b, double low, double high) {
  const LinePoint& left = a.step <= b.step ? a : b;
  const LinePoint& right = a.step <= b.step ? b : a;
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

}  // namespace

// Where the difference of the values says nothing, that of the slopes does: Hager & Zhang's
// approximate Wolfe conditions (SIAM J. Optim. 16, 2005).
bool LineSearch::falls_enough(const LinePoint& point) const {
  if (point.value <= start_->value + kEnoughDecrease * point.step * start_->slope) return true;
  return noise_ > 0 && point.value <= start_->value + noise_ &&
         point.slope <= (2 * kEnoughDecrease - 1) * start_->slope;
}

bool LineSearch::is_higher(const LinePoint& point, const LinePoint& other) const {
  return point.value - other.value >= noise_;
}

bool LineSearch::is_flat_enough(const LinePoint& point) const {
  return std::abs(point.slope) <= -kEnoughFlattening * start_->slope;
}

// Algorithm 3.5: longer steps until a good point lies between the last two.
bool LineSearch::extend(LinePoint current) {
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

bool LineSearch::begin_narrowing(LinePoint low, LinePoint high) {
  narrowing_ = true;
  low_ = std::move(low);
  high_ = std::move(high);
  return choose_between();
}

// Algorithm 3.6.
bool LineSearch::narrow(LinePoint current) {
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

}  // namespace engraft::learn
