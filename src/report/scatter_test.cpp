#include "report/scatter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "engraft/error.h"

namespace engraft::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<double> attributes(const std::string& svg, const std::string& pattern) {
  std::vector<double> values;
  const std::regex regex(pattern);
  for (std::sregex_iterator i(svg.begin(), svg.end(), regex), end; i != end; ++i) {
    values.push_back(std::stod((*i)[1]));
  }
  return values;
}

TEST(ScatterSvg, PutsFasterToTheRightAndBetterAbove) {
  const std::vector<ScatterPoint> points{{"slow and good", 20, 98, 96, 99},
                                         {"fast and bad", 400, 80, 75, 85}};
  const std::string svg = scatter_svg(points, {"t", "pictures a second", "%"});
  const std::vector<double> x = attributes(svg, "cx=\"([0-9.]+)\"");
  const std::vector<double> y = attributes(svg, "cy=\"([0-9.]+)\"");
  ASSERT_EQ(x.size(), 2U);
  EXPECT_LT(x[0], x[1]);
  EXPECT_LT(y[0], y[1]);
  EXPECT_THAT(svg, HasSubstr("slow and good"));
}

TEST(ScatterSvg, NamesLieOnNoOtherNameOrDot) {
  std::vector<ScatterPoint> points;
  for (int i = 0; i < 6; ++i) {
    points.push_back({"n" + std::to_string(i), 100.0 + 5 * i, 90.0 + 0.2 * i, 88, 92});
  }
  const std::string svg = scatter_svg(points, {});
  const std::vector<double> dots_x = attributes(svg, "cx=\"([0-9.]+)\"");
  const std::vector<double> dots_y = attributes(svg, "cy=\"([0-9.]+)\"");
  struct Name {
    double left, right, middle;
  };
  std::vector<Name> names;
  const std::regex label("x=\"([0-9.]+)\" y=\"([0-9.]+)\" text-anchor=\"(start|end)\">n[0-9]<");
  for (std::sregex_iterator i(svg.begin(), svg.end(), label); i != std::sregex_iterator(); ++i) {
    const double x = std::stod((*i)[1]);
    const bool start = (*i)[3] == "start";
    names.push_back({start ? x : x - 14, start ? x + 14 : x, std::stod((*i)[2]) - 4});
  }
  ASSERT_EQ(names.size(), 6U);
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t k = 0; k < dots_x.size(); ++k) {
      const bool beside = names[i].right < dots_x[k] - 4 || names[i].left > dots_x[k] + 4;
      EXPECT_TRUE(beside || std::abs(names[i].middle - dots_y[k]) > 8) << i << " on dot " << k;
    }
    for (std::size_t k = 0; k < i; ++k) {
      const bool beside = names[i].right < names[k].left || names[i].left > names[k].right;
      EXPECT_TRUE(beside || std::abs(names[i].middle - names[k].middle) > 14) << i << " on " << k;
    }
  }
}

TEST(ScatterSvg, NamesAreText) {
  const std::vector<ScatterPoint> points{{"<script>", 1, 50, 40, 60}};
  EXPECT_THAT(scatter_svg(points, {}), Not(HasSubstr("<script>")));
}

TEST(ScatterSvg, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW(scatter_svg({}, {}), Error);
  const std::vector<ScatterPoint> points{{"stopped", 0, 50, 40, 60}};
  EXPECT_THROW(scatter_svg(points, {}), Error);
}

}  // namespace
}  // namespace engraft::report
