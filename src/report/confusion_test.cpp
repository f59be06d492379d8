#include "report/confusion.h"

#include <gmock/gmock.h>

#include "record/testing/test_record.h"

namespace engraft::report {
namespace {

using testing::HasSubstr;
using testing::Not;

learn::Metrics metrics_of(std::vector<std::vector<std::int64_t>> confusion) {
  learn::Metrics metrics;
  for (std::size_t k = 0; k < confusion.size(); ++k) {
    learn::ClassMetrics one;
    for (const std::int64_t count : confusion[k]) one.images += count;
    if (one.images > 0) {
      one.recall = static_cast<double>(confusion[k][k]) / static_cast<double>(one.images);
    }
    metrics.classes.push_back(one);
  }
  metrics.confusion = learn::Confusion(confusion);
  return metrics;
}

std::vector<std::string> numbered_classes(std::size_t count) {
  std::vector<std::string> classes;
  for (std::size_t k = 0; k < count; ++k) classes.push_back("class" + std::to_string(k));
  return classes;
}

TEST(MostConfused, OrdersByCountThenByShareOfTheClass) {
  const learn::Metrics metrics = metrics_of({{90, 3, 0}, {5, 40, 3}, {3, 0, 7}});
  const std::vector<learn::ConfusedPair> pairs = most_confused(metrics, 10);
  ASSERT_EQ(pairs.size(), 4U);
  EXPECT_EQ(pairs[0].truth, 1U);
  EXPECT_EQ(pairs[0].predicted, 0U);
  EXPECT_EQ(pairs[0].count, 5);
  EXPECT_EQ(pairs[1].truth, 2U);  // 3 of 10
  EXPECT_EQ(pairs[2].truth, 1U);  // 3 of 48
  EXPECT_EQ(pairs[3].truth, 0U);  // 3 of 93
  EXPECT_EQ(most_confused(metrics, 2).size(), 2U);
}

TEST(ConfusionHtml, IsATableOfCountsWithHeadings) {
  const std::vector<std::string> classes{"ants", "bees"};
  const std::string html = confusion_html(metrics_of({{1466, 4}, {0, 83}}), classes);
  EXPECT_EQ(record::nesting_problem(html), "");
  EXPECT_EQ(record::occurrences(html, "scope=\"row\""), 2U);
  EXPECT_EQ(record::occurrences(html, "scope=\"col\""), 3U);  // and "right"
  EXPECT_EQ(record::occurrences(html, "<td class=\"right\""), 2U);
  EXPECT_EQ(record::occurrences(html, "<td class=\"wrong\""), 1U);
  EXPECT_THAT(html, HasSubstr(">1,466</td>"));
  EXPECT_THAT(html, HasSubstr("<td class=\"none\">0</td>"));
  EXPECT_THAT(html, HasSubstr("100.0\u00A0%"));
}

TEST(ConfusionHtml, SaysWhereAClassHasNoPictures) {
  const std::string html = confusion_html(metrics_of({{3, 0}, {0, 0}}), numbered_classes(2));
  EXPECT_THAT(html, HasSubstr("<td class=\"recall\">\u2013</td>"));
}

TEST(ConfusionHtml, EscapesNames) {
  const std::vector<std::string> classes{"<script>x</script>", "\"bees\xFF"};
  const std::string html = confusion_html(metrics_of({{1, 1}, {1, 1}}), classes);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, HasSubstr("title=\"&quot;bees\xEF\xBF\xBD\""));
  EXPECT_EQ(record::nesting_problem(html), "");
}

TEST(ConfusionHtml, ListsPairsWhereThereAreManyClasses) {
  std::vector<std::vector<std::int64_t>> confusion(31, std::vector<std::int64_t>(31, 1));
  confusion[7][9] = 12;
  const std::string html = confusion_html(metrics_of(confusion), numbered_classes(31));
  EXPECT_EQ(record::nesting_problem(html), "");
  EXPECT_EQ(record::occurrences(html, "<tr>"), 21U);
  EXPECT_LT(html.find("<td><bdi>class7</bdi></td><td><bdi>class9</bdi></td>"
                      "<td class=\"number\">12</td>"),
            html.find("<td><bdi>class0</bdi></td>"));
}

TEST(ConfusionHtml, SaysThatNothingWasConfused) {
  std::vector<std::vector<std::int64_t>> confusion(31, std::vector<std::int64_t>(31, 0));
  for (std::size_t k = 0; k < 31; ++k) confusion[k][k] = 2;
  EXPECT_THAT(confusion_html(metrics_of(confusion), numbered_classes(31)),
              HasSubstr("No class was taken for another"));
}

}  // namespace
}  // namespace engraft::report
