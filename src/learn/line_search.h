// A search along a line for a place that the strong Wolfe conditions accept (Nocedal & Wright,
// Numerical Optimization, 2nd ed., algorithms 3.5 and 3.6): asked for a step and told what is
// there.
#pragma once

#include <utility>
#include <vector>

namespace engraft::learn {

// A place on the line that is searched.
struct LinePoint {
  double step = 0;
  double value = 0;
  double slope = 0;
  std::vector<double> gradient;
};

// Along a line on which the value falls at first.
class LineSearch {
 public:
  // `start` must stay where it is; steps closer together than `smallest_width` are the same, and so
  // are values closer than `noise`, where the slopes decide.
  LineSearch(const LinePoint& start, double first_step, double smallest_width, double noise)
      : start_(&start),
        step_(first_step),
        smallest_width_(smallest_width),
        noise_(noise),
        previous_(start) {}

  double step() const { return step_; }
  int evaluations() const { return evaluations_; }

  // What is at step(). Returns whether the search is over.
  bool take(LinePoint current) {
    ++evaluations_;
    return narrowing_ ? narrow(std::move(current)) : extend(std::move(current));
  }

  // The best point found, which may be the start where nothing is better.
  LinePoint& best() { return narrowing_ ? low_ : previous_; }

 private:
  bool extend(LinePoint current);
  bool narrow(LinePoint current);
  bool begin_narrowing(LinePoint low, LinePoint high);
  bool choose_between();
  bool accept(LinePoint point) {
    best() = std::move(point);
    return true;
  }

  bool falls_enough(const LinePoint& point) const;
  bool is_higher(const LinePoint& point, const LinePoint& other) const;
  bool is_flat_enough(const LinePoint& point) const;

  const LinePoint* start_;
  double step_;
  double smallest_width_;
  double noise_;
  int evaluations_ = 0;
  bool narrowing_ = false;
  LinePoint previous_;  // while extending
  LinePoint low_;       // while narrowing: has the lower value and falls towards high_
  LinePoint high_;
  bool slow_ = false;
};

}  // namespace engraft::learn
