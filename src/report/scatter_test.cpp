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

TEST(ScatterSvg, NamesDoNotLieOnEachOther) {
  std::vector<ScatterPoint> points;
  for (int i = 0; i < 6; ++i) points.push_back({"n" + std::to_string(i), 100, 90, 88, 92});
  std::vector<double> places =
      attributes(scatter_svg(points, {}), "y=\"([0-9.]+)\" text-anchor=\"start\"");
  ASSERT_EQ(places.size(), 6U);
  std::ranges::sort(places);
  for (std::size_t i = 1; i < places.size(); ++i) EXPECT_GE(places[i] - places[i - 1], 14);
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
