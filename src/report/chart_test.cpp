#include "report/chart.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "record/testing/test_record.h"

namespace engraft::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Every number of the coordinates must lie in the picture, which is 440 wide and 286 high.
void expect_inside(const std::string& svg) {
  for (const char* attribute : {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy"}) {
    for (const std::string& value : record::values_of(svg, attribute)) {
      EXPECT_GE(std::stod(value), 0) << attribute;
      EXPECT_LE(std::stod(value), attribute[0] == 'y' || attribute[1] == 'y' ? 286 : 440)
          << attribute;
    }
  }
  EXPECT_EQ(record::nesting_problem(svg), "");
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

TEST(NiceTicks, AreRoundAndEncloseTheRange) {
  EXPECT_THAT(nice_ticks(0, 100, 5), ElementsAre(0, 20, 40, 60, 80, 100));
  EXPECT_THAT(nice_ticks(93.4, 97.2, 4), ElementsAre(93, 94, 95, 96, 97, 98));
  EXPECT_THAT(nice_ticks(0, 3, 5, 1), ElementsAre(0, 1, 2, 3));
  for (const double low : {-7.3, 0.0, 0.001, 12345.0}) {
    for (const double extent : {1e-6, 0.37, 4.0, 9.99e5}) {
      const std::vector<double> ticks = nice_ticks(low, low + extent, 5);
      EXPECT_LE(ticks.front(), low + extent * 1e-6);
      EXPECT_GE(ticks.back(), low + extent * (1 - 1e-6));
      EXPECT_GE(ticks.size(), 2U);
      EXPECT_LE(ticks.size(), 8U);
    }
  }
}

TEST(Thinned, KeepsWhatIsSeen) {
  std::vector<ChartPoint> points;
  for (int i = 0; i < 100'000; ++i) points.push_back({static_cast<double>(i), std::sin(i * 0.01)});
  points[77'777].y = 5;
  points[33'333].y = -5;
  const std::vector<ChartPoint> kept = thinned(points, 300);
  EXPECT_LE(kept.size(), 1200U);
  EXPECT_EQ(kept.front().x, 0);
  EXPECT_EQ(kept.back().x, 99'999);
  const auto has = [&](double x) {
    return std::any_of(kept.begin(), kept.end(), [&](const ChartPoint& p) { return p.x == x; });
  };
  EXPECT_TRUE(has(77'777));
  EXPECT_TRUE(has(33'333));
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end(),
                             [](const ChartPoint& a, const ChartPoint& b) { return a.x < b.x; }));
}

TEST(Thinned, LeavesFewPointsAlone) {
  const std::vector<ChartPoint> points{{0, 1}, {1, 2}, {2, 0}};
  EXPECT_EQ(thinned(points, 300).size(), 3U);
}

TEST(LineChart, ShowsSeriesAxesAndMark) {
  const std::vector<ChartSeries> series{{"validation", {{50, 81}, {100, 90}, {150, 88}}},
                                        {"training", {{50, 70}, {100, 85}, {150, 99}}}};
  const std::string svg = line_chart(series, {.id = "a",
                                              .title = "Accuracy",
                                              .description = "Best < last.",
                                              .x_label = "iteration",
                                              .y_unit = " %",
                                              .y_limit = 100,
                                              .mark = ChartMark{{100, 90}, "best: 90 %"}});
  expect_inside(svg);
  EXPECT_EQ(record::occurrences(svg, "<circle class=\"dot main\""), 3U);
  EXPECT_EQ(record::occurrences(svg, "<circle class=\"dot other\""), 3U);
  for (const char* text : {">validation<", ">training<", ">iteration<", ">150<", ">100 %<",
                           ">70 %<", ">best: 90 %<", "Best &lt; last.", "role=\"img\""}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
  EXPECT_THAT(svg, Not(HasSubstr(">105 %<")));
}

TEST(LineChart, ShowsASinglePoint) {
  const std::vector<ChartSeries> series{{"validation", {{10, 100}}}, {"training", {{10, 100}}}};
  const std::string svg = line_chart(series, {.id = "a",
                                              .title = "Accuracy",
                                              .description = "",
                                              .x_label = "iteration",
                                              .y_unit = " %",
                                              .y_limit = 100,
                                              .y_extent = 10,
                                              .mark = ChartMark{{10, 100}, "best"}});
  expect_inside(svg);
  EXPECT_EQ(record::occurrences(svg, "<circle class=\"dot main\""), 1U);
  EXPECT_THAT(svg, HasSubstr(">100 %<"));
  EXPECT_THAT(svg, HasSubstr(">95 %<"));
  EXPECT_THAT(svg, HasSubstr(">10<"));
}

TEST(LineChart, SurvivesExtremeNumbers) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const std::vector<ChartPoint>& points :
       std::vector<std::vector<ChartPoint>>{{{0, 0}},
                                            {{0, 0}, {1, 0}},
                                            {{1, 0.7}, {2, kNan}, {3, 0.5}, {4, infinity}},
                                            {{1, 1e30}, {2, 3}},
                                            {{1, 1e-12}, {1'000'000'000, 2e-12}},
                                            {{5, -3}, {6, -2}}}) {
    const std::vector<ChartSeries> series{{"validation", points}};
    expect_inside(line_chart(series, {.id = "a",
                                      .title = "Loss",
                                      .description = "",
                                      .x_label = "iteration",
                                      .y_unit = "",
                                      .mark = ChartMark{points.back(), "last"}}));
  }
}

TEST(LineChart, LeavesAGapWhereANumberIsMissing) {
  const std::vector<ChartSeries> series{
      {"validation", {{1, 1}, {2, 1}, {3, kNan}, {4, 1}, {5, 1}}}};
  const std::string svg =
      line_chart(series, {.id = "a", .title = "", .description = "", .x_label = "", .y_unit = ""});
  const std::vector<std::string> paths = record::values_of(svg, "d");
  ASSERT_EQ(paths.size(), 2U);  // the legend's and the line
  EXPECT_EQ(record::occurrences(paths[1], "M"), 2U);
  EXPECT_EQ(record::occurrences(paths[1], "L"), 2U);
}

TEST(LineChart, SaysThatNothingWasMeasured) {
  const std::vector<ChartSeries> series{{"validation", {{1, kNan}}}};
  const std::string svg = line_chart(
      series, {.id = "a", .title = "Loss", .description = "", .x_label = "", .y_unit = ""});
  expect_inside(svg.substr(0, svg.find("<desc")) + svg.substr(svg.find("<text")));
  EXPECT_THAT(svg, HasSubstr("nothing was measured"));
}

TEST(LineChart, StaysSmallForManyPoints) {
  ChartSeries series{"validation", {}};
  for (int i = 0; i < 200'000; ++i) series.points.push_back({static_cast<double>(i), i % 97 * 1.0});
  const std::string svg =
      line_chart(std::span(&series, 1),
                 {.id = "a", .title = "", .description = "", .x_label = "", .y_unit = ""});
  EXPECT_LT(svg.size(), 40'000U);
  EXPECT_THAT(svg, Not(HasSubstr("<circle")));
}

}  // namespace
}  // namespace engraft::report
