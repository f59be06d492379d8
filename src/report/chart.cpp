#include "report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "report/html.h"

namespace engraft::report {
namespace {

// In units of the view box, which is about a pixel on a wide screen.
constexpr double kWidth = 440;
constexpr double kHeight = 286;
constexpr double kLeft = 54;
constexpr double kRight = 418;
constexpr double kTop = 56;
constexpr double kBottom = 240;
constexpr double kCharacterWidth = 7.2;  // generous, at the legend's size
constexpr std::size_t kDotted = 60;      // more points than this are drawn without dots

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

bool is_finite(const ChartPoint& point) { return std::isfinite(point.x) && std::isfinite(point.y); }

// From the axes' numbers to places in the picture.
struct Frame {
  std::vector<double> x_ticks;
  std::vector<double> y_ticks;

  double x(double value) const { return place(value, x_ticks, kLeft, kRight); }
  double y(double value) const { return place(value, y_ticks, kBottom, kTop); }

 private:
  static double place(double value, const std::vector<double>& ticks, double from, double to) {
    return from + (value - ticks.front()) / (ticks.back() - ticks.front()) * (to - from);
  }
};

// A range that a single value, or none, opens to both sides.
Range opened(Range range, double least) {
  const double missing = least - (range.high - range.low);
  if (missing > 0) {
    range.low -= missing / 2;
    range.high += missing / 2;
  }
  return range;
}

std::vector<double> ticks_of_x(Range range) {
  // Training begins at 0; where it was resumed late, the axis begins late too.
  if (range.low > 0 && range.low < range.high / 2) range.low = 0;
  if (range.low == range.high) range = {std::min(0.0, range.low), std::max(1.0, range.high)};
  return nice_ticks(range.low, range.high, 5, 1);
}

std::vector<double> ticks_of_y(Range range, const ChartOptions& options) {
  const double largest = std::max(std::abs(range.low), std::abs(range.high));
  range = opened(range, std::max({options.y_extent, largest * 0.05, 1e-9}));
  if (options.y_low) range.low = *options.y_low;
  if (options.y_limit) range.high = std::min(range.high, *options.y_limit);
  if (!(range.low < range.high)) range.low = range.high - std::max(1.0, std::abs(range.high));
  std::vector<double> ticks = nice_ticks(range.low, range.high, 5);
  if (options.y_low) std::erase_if(ticks, [&](double tick) { return tick < *options.y_low; });
  if (options.y_limit && ticks.size() > 2) {
    std::erase_if(ticks, [&](double tick) { return tick > *options.y_limit; });
  }
  return ticks;
}

std::string x_text(double value) {
  return base::grouped(static_cast<std::int64_t>(std::llround(value)));
}

// With as many decimals as the step between ticks needs.
std::string y_text(double value, double step) {
  if (step >= 1e6 || step < 1e-5) return fmt::format("{:.2g}", value);
  const int digits = step >= 1 ? 0 : static_cast<int>(std::ceil(-std::log10(step) - 1e-9));
  return fmt::format("{:.{}f}", value + 0.0, digits);
}

std::string text_at(double x, double y, const char* style, const char* anchor,
                    const std::string& text) {
  return fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n",
                     style, x, y, anchor, escape_html(text));
}

std::string line_between(const char* style, double x1, double y1, double x2, double y2) {
  return fmt::format(
      "<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", style, x1,
      y1, x2, y2);
}

std::string axes(const Frame& frame, const ChartOptions& options) {
  std::string svg;
  const double step = frame.y_ticks[1] - frame.y_ticks[0];
  for (const double tick : frame.y_ticks) {
    const double y = frame.y(tick);
    svg += line_between("grid", kLeft, y, kRight, y);
    svg += text_at(kLeft - 8, y + 4, "tick", "end", y_text(tick, step) + options.y_unit);
  }
  svg += line_between("axis", kLeft, kBottom, kRight, kBottom);
  for (const double tick : frame.x_ticks) {
    const double x = frame.x(tick);
    svg += line_between("axis", x, kBottom, x, kBottom + 4);
    svg += text_at(x, kBottom + 19, "tick", "middle", x_text(tick));
  }
  return svg + text_at((kLeft + kRight) / 2, kBottom + 39, "tick", "middle", options.x_label);
}

std::string polyline(const ChartSeries& series, const Frame& frame, const char* style) {
  std::string path;
  bool drawing = false;
  for (const ChartPoint& point : thinned(series.points, static_cast<int>(kRight - kLeft))) {
    if (is_finite(point)) {
      path += fmt::format("{}{:.1f} {:.1f}",
                          drawing        ? " L"
                          : path.empty() ? "M"
                                         : " M",
                          frame.x(point.x), frame.y(point.y));
    }
    drawing = is_finite(point);
  }
  std::string svg = fmt::format("<path class=\"line {}\" d=\"{}\"/>\n", style, path);
  if (series.points.size() > kDotted) return svg;
  for (const ChartPoint& point : series.points) {
    if (!is_finite(point)) continue;
    svg += fmt::format("<circle class=\"dot {}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>\n", style,
                       frame.x(point.x), frame.y(point.y), series.points.size() > 20 ? 2 : 3);
  }
  return svg;
}

std::string legend(std::span<const ChartSeries> series, const char* const* styles) {
  std::string svg;
  double x = kLeft;
  for (std::size_t i = 0; i < series.size(); ++i) {
    svg += fmt::format("<path class=\"line {}\" d=\"M{:.1f} 36 h22\"/>\n", styles[i], x);
    svg += text_at(x + 29, 40, "legend", "start", series[i].name);
    x += 29 + kCharacterWidth * static_cast<double>(series[i].name.size()) + 20;
  }
  return svg;
}

// A ring at the point, a line down to the axis, and the label in the half that the point leaves
// free.
std::string mark_at(const ChartMark& mark, const Frame& frame) {
  const double x = frame.x(mark.at.x);
  const double y = frame.y(mark.at.y);
  const bool high = y < (kTop + kBottom) / 2;
  const bool on_left = x > (kLeft + kRight) / 2;
  return line_between("best-line", x, kTop, x, kBottom) +
         fmt::format("<circle class=\"best\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"6\"/>\n", x, y) +
         text_at(on_left ? x - 8 : x + 8, high ? kBottom - 10 : kTop + 14, "best-label",
                 on_left ? "end" : "start", mark.label);
}

}  // namespace

std::vector<double> nice_ticks(double low, double high, int wanted, double step_at_least) {
  const double rough =
      std::max((high - low) / std::max(wanted, 1), std::max(std::abs(low), std::abs(high)) * 1e-12);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1 - 1e-9)) {
      step = factor * power;
      break;
    }
  }
  step = std::max(step, step_at_least);
  const double first = std::floor(low / step + 1e-9);
  const double last = std::max(std::ceil(high / step - 1e-9), first + 1);
  std::vector<double> ticks;
  for (double i = first; i <= last; ++i) ticks.push_back(i * step);
  return ticks;
}

std::vector<ChartPoint> thinned(std::span<const ChartPoint> points, int columns) {
  const auto kept = static_cast<std::size_t>(columns) * 4;
  if (points.size() <= kept) return {points.begin(), points.end()};
  const double from = points.front().x;
  const double width = (points.back().x - from) / columns;
  const auto column_of = [&](const ChartPoint& point) {
    return width > 0 ? std::min(std::floor((point.x - from) / width), columns - 1.0) : 0.0;
  };
  std::vector<ChartPoint> result;
  for (std::size_t begin = 0; begin < points.size();) {
    std::size_t end = begin;
    std::size_t lowest = begin;
    std::size_t highest = begin;
    for (; end < points.size() && column_of(points[end]) == column_of(points[begin]); ++end) {
      // The comparisons' order lets a finite value replace one that is not.
      if (!(points[end].y >= points[lowest].y)) lowest = end;
      if (!(points[end].y <= points[highest].y)) highest = end;
    }
    end = std::max(end, begin + 1);
    std::vector<std::size_t> chosen{begin, std::min(lowest, highest), std::max(lowest, highest),
                                    end - 1};
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    for (const std::size_t i : chosen) result.push_back(points[i]);
    begin = end;
  }
  return result;
}

std::string line_chart(std::span<const ChartSeries> series, const ChartOptions& options) {
  constexpr const char* kStyles[] = {"main", "other"};
  const std::span<const ChartSeries> shown =
      series.subspan(0, std::min(series.size(), std::size(kStyles)));
  Range x;
  Range y;
  for (const ChartSeries& one : shown) {
    for (const ChartPoint& point : one.points) {
      if (!is_finite(point)) continue;
      x.include(point.x);
      y.include(point.y);
    }
  }
  std::string svg = fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{}-t {}-d\">\n"
      "<title id=\"{}-t\">{}</title>\n<desc id=\"{}-d\">{}</desc>\n",
      kWidth, kHeight, options.id, options.id, options.id, escape_html(options.title), options.id,
      escape_html(options.description));
  svg += text_at(0, 16, "chart-title", "start", options.title);
  if (x.empty()) {
    return svg + text_at(kWidth / 2, kHeight / 2, "tick", "middle", "nothing was measured") +
           "</svg>\n";
  }
  const Frame frame{ticks_of_x(x), ticks_of_y(y, options)};
  svg += axes(frame, options) + legend(shown, kStyles);
  for (std::size_t i = shown.size(); i-- > 0;) svg += polyline(shown[i], frame, kStyles[i]);
  if (options.mark && is_finite(options.mark->at)) svg += mark_at(*options.mark, frame);
  return svg + "</svg>\n";
}

}  // namespace engraft::report
