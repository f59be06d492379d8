#include "report/scatter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/text.h"
#include "engraft/error.h"
#include "report/chart.h"
#include "report/html.h"

namespace engraft::report {
namespace {

constexpr double kWidth = 760;
constexpr double kHeight = 480;
constexpr double kLeft = 70;
constexpr double kRight = 730;
constexpr double kTop = 56;
constexpr double kBottom = 420;
constexpr double kLineHeight = 15;
constexpr double kLetterWidth = 7.2;  // at most, on average, of the font below
constexpr double kLabelGap = 10;      // between a dot's middle and its name
constexpr double kDotRadius = 5;

constexpr const char* kStyle =
    "text{font:13px system-ui,sans-serif;fill:#222}.title{font-size:16px;font-weight:600}"
    ".axis{stroke:#999}.grid{stroke:#e4e4e0}.dot{fill:#0b6b5b}.error{stroke:#0b6b5b;opacity:.55}"
    ".quiet{fill:#666}";

// 1, 2 and 5 times powers of ten from just below `low` to just above `high`.
std::vector<double> logarithmic_ticks(double low, double high) {
  std::vector<double> ticks;
  for (int power = -3; power <= 7; ++power) {
    for (const double digit : {1.0, 2.0, 5.0}) ticks.push_back(digit * std::pow(10.0, power));
  }
  const auto first = std::ranges::upper_bound(ticks, low) - ticks.begin() - 1;
  const auto last = std::ranges::lower_bound(ticks, high) - ticks.begin();
  const auto begin = std::max<std::ptrdiff_t>(first, 0);
  const auto end = std::min<std::ptrdiff_t>(std::max(last, begin + 1) + 1, std::ssize(ticks));
  return {ticks.begin() + begin, ticks.begin() + end};
}

double between(double share, double from, double to) { return from + share * (to - from); }

struct Box {
  double left = 0;
  double right = 0;
  double top = 0;
  double bottom = 0;

  bool meets(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

// Beside its dot, to the right or to the left, so much above or below it.
struct LabelPlace {
  bool on_the_left = false;
  double down = 0;
};

Box label_box(const std::array<double, 2>& dot, const std::string& name, const LabelPlace& place) {
  const double width = kLetterWidth * static_cast<double>(base::display_width(name));
  const double middle = dot[1] + place.down;
  const double left = place.on_the_left ? dot[0] - kLabelGap - width : dot[0] + kLabelGap;
  return {left, left + width, middle - kLineHeight / 2, middle + kLineHeight / 2};
}

bool is_free(const Box& box, const std::vector<Box>& taken) {
  return box.left >= 0 && box.right <= kWidth && box.top >= kTop - kLineHeight &&
         box.bottom <= kBottom &&
         std::ranges::none_of(taken, [&](const Box& other) { return box.meets(other); });
}

// Where names go: as near to their dots as they neither cover a dot nor another name.
std::vector<LabelPlace> label_places(std::span<const ScatterPoint> points,
                                     const std::vector<std::array<double, 2>>& dots) {
  std::vector<Box> taken;
  for (const auto& [x, y] : dots) {
    taken.push_back({x - kDotRadius, x + kDotRadius, y - kDotRadius, y + kDotRadius});
  }
  std::vector<LabelPlace> places(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::vector<LabelPlace> candidates;
    for (double down = 0; down <= kBottom - kTop; down += kLineHeight) {
      for (const double signed_down : {down, -down}) {
        candidates.push_back({false, signed_down});
        candidates.push_back({true, signed_down});
      }
    }
    const auto found = std::ranges::find_if(candidates, [&](const LabelPlace& place) {
      return is_free(label_box(dots[i], points[i].name, place), taken);
    });
    if (found != candidates.end()) places[i] = *found;
    taken.push_back(label_box(dots[i], points[i].name, places[i]));
  }
  return places;
}

}  // namespace

std::string scatter_svg(std::span<const ScatterPoint> points, const ScatterOptions& options) {
  if (points.empty()) throw Error("a plot needs at least one point");
  double x_low = points[0].x;
  double x_high = points[0].x;
  double y_low = points[0].y_low;
  double y_high = points[0].y_high;
  for (const ScatterPoint& point : points) {
    if (!(point.x > 0)) throw Error("a logarithmic axis has no place for 0 or less");
    x_low = std::min(x_low, point.x);
    x_high = std::max(x_high, point.x);
    y_low = std::min(y_low, point.y_low);
    y_high = std::max(y_high, point.y_high);
  }
  if (y_high <= y_low) y_high = y_low + 1;
  const std::vector<double> x_ticks = logarithmic_ticks(x_low, x_high);
  const std::vector<double> y_ticks = nice_ticks(y_low, y_high, 6);
  const auto x_place = [&](double x) {
    return between(std::log(x / x_ticks.front()) / std::log(x_ticks.back() / x_ticks.front()),
                   kLeft, kRight);
  };
  const auto y_place = [&](double y) {
    return between((y - y_ticks.front()) / (y_ticks.back() - y_ticks.front()), kBottom, kTop);
  };

  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" role=\"img\">\n"
      "<title>{2}</title>\n<style>{3}</style>\n<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n"
      "<text class=\"title\" x=\"{4}\" y=\"28\">{2}</text>\n",
      kWidth, kHeight, escape_html(options.title), kStyle, kLeft);
  for (const double tick : y_ticks) {
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
        "<text class=\"quiet\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:g}</text>\n",
        kLeft, kRight, y_place(tick), y_place(tick), kLeft - 8, y_place(tick) + 4, tick);
  }
  for (const double tick : x_ticks) {
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>"
        "<text class=\"quiet\" x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4:g}</text>\n",
        x_place(tick), kTop, kBottom, kBottom + 18, tick);
  }
  svg += fmt::format(
      "<line class=\"axis\" x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\"/>\n"
      "<text x=\"{3}\" y=\"{4}\" text-anchor=\"middle\">{5}</text>\n"
      "<text x=\"{0}\" y=\"{6}\" text-anchor=\"middle\">{7}</text>\n",
      kLeft, kRight, kBottom, (kLeft + kRight) / 2, kHeight - 16, escape_html(options.x_label),
      kTop - 12, escape_html(options.y_label));

  std::vector<std::array<double, 2>> places;
  for (const ScatterPoint& point : points) places.push_back({x_place(point.x), y_place(point.y)});
  const std::vector<LabelPlace> labels = label_places(points, places);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const ScatterPoint& point = points[i];
    const auto [x, y] = places[i];
    const LabelPlace& label = labels[i];
    svg += fmt::format(
        "<line class=\"error\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>"
        "<circle class=\"dot\" cx=\"{0:.1f}\" cy=\"{3:.1f}\" r=\"{8}\"/>"
        "<text x=\"{4:.1f}\" y=\"{5:.1f}\" text-anchor=\"{6}\">{7}</text>\n",
        x, y_place(point.y_low), y_place(point.y_high), y,
        label.on_the_left ? x - kLabelGap : x + kLabelGap, y + label.down + 4,
        label.on_the_left ? "end" : "start", escape_html(point.name), kDotRadius);
  }
  return svg + "</svg>\n";
}

}  // namespace engraft::report
