// Line charts as SVG text: pure functions from numbers to markup. Colours, fonts and dashes are
// classes that the page's stylesheet fills in, so that a chart follows light, dark and print.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace engraft::report {

struct ChartPoint {
  double x = 0;
  double y = 0;
};

struct ChartSeries {
  std::string name;                // plain text, for the legend
  std::vector<ChartPoint> points;  // x ascending; points that are not finite leave a gap
};

struct ChartMark {
  ChartPoint at;
  std::string label;  // plain text
};

struct ChartOptions {
  std::string id;           // unique on the page, for the title's reference
  std::string title;        // above the plot
  std::string description;  // what a reader who cannot see the plot should know
  std::string x_label;
  std::string y_unit;  // after each number on the y axis: " %"
  // Fixed ends of the y axis: round numbers that no point lies beyond.
  std::optional<double> y_low = {};
  std::optional<double> y_limit = {};  // the axis may end earlier
  double y_extent = 0;                 // the least that the y axis spans
  std::optional<ChartMark> mark = {};
};

// Evenly spaced round numbers (1, 2 or 5 times a power of ten apart), about `wanted` of them, that
// enclose [low, high]. `step_at_least` keeps counts whole. Requires low < high, both finite.
std::vector<double> nice_ticks(double low, double high, int wanted, double step_at_least = 0);

// At most four points for each of `columns` equal parts of the x range (the first, lowest, highest
// and last), which draw the same line at that width.
std::vector<ChartPoint> thinned(std::span<const ChartPoint> points, int columns);

// One <svg>: the first series is the main line (solid, with dots), the second one is dashed. Where
// nothing is finite, the plot says so.
std::string line_chart(std::span<const ChartSeries> series, const ChartOptions& options);

}  // namespace engraft::report
