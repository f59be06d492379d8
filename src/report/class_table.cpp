#include "report/class_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/text.h"
#include "report/confusion.h"
#include "report/html.h"

namespace engraft::report {
namespace {

constexpr const char* kUndefined = "\u2013";

std::string number_cell(const std::string& text) {
  return "<td class=\"number\">" + text + "</td>";
}

std::string share_cell(double share, bool defined) {
  return number_cell(defined ? percent_text(100 * share, 1) : kUndefined);
}

// How often each class was the answer.
std::vector<std::int64_t> times_predicted(const learn::Metrics& metrics) {
  std::vector<std::int64_t> counts(metrics.classes.size());
  for (const learn::ConfusedPair& pair : metrics.confusion.pairs()) {
    counts[pair.predicted] += pair.count;
  }
  return counts;
}

std::string row_html(const std::string& name, std::int64_t train, const learn::ClassMetrics& one,
                     bool predicted) {
  return fmt::format(
      "<tr><th scope=\"row\">{}</th>{}{}{}{}<td class=\"number with-bar\" "
      "style=\"--part:{:.3f}\"><span>{}</span></td></tr>\n",
      name_html(name), number_cell(base::grouped(train)), number_cell(base::grouped(one.images)),
      share_cell(one.precision, predicted), share_cell(one.recall, one.images > 0), one.f1,
      one.images > 0 ? percent_text(100 * one.f1, 1) : kUndefined);
}

// The plain mean over the classes that have validation pictures: each class counts the same.
std::string mean_html(const learn::Metrics& metrics) {
  learn::ClassMetrics mean;
  std::int64_t counted_classes = 0;
  for (const learn::ClassMetrics& one : metrics.classes) {
    if (one.images == 0) continue;
    mean.precision += one.precision;
    mean.recall += one.recall;
    mean.f1 += one.f1;
    ++counted_classes;
  }
  if (counted_classes == 0) return "";
  const auto n = static_cast<double>(counted_classes);
  return fmt::format(
      "<tfoot><tr><th scope=\"row\">mean of classes</th><td></td><td></td>{}{}{}</tr></tfoot>\n",
      share_cell(mean.precision / n, true), share_cell(mean.recall / n, true),
      share_cell(mean.f1 / n, true));
}

}  // namespace

std::string class_table_html(const record::Run& run) {
  const learn::Metrics& metrics = run.results->best;
  std::vector<std::size_t> order(run.classes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const bool many = order.size() > kLargestConfusionTable;
  if (many) {
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return metrics.classes[a].f1 < metrics.classes[b].f1;
    });
  }
  std::string html =
      "<figure>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
      "aria-label=\"Figures of each class\">\n"
      "<table class=\"plain\" aria-describedby=\"classes-note\">\n"
      "<thead><tr><th scope=\"col\">class</th><th scope=\"col\" class=\"number\">train</th>"
      "<th scope=\"col\" class=\"number\">val</th>"
      "<th scope=\"col\" class=\"number\">precision</th>"
      "<th scope=\"col\" class=\"number\">recall</th>"
      "<th scope=\"col\" class=\"number\">F1</th></tr></thead>\n<tbody>\n";
  const std::vector<std::int64_t> predicted = times_predicted(metrics);
  for (const std::size_t k : order) {
    html += row_html(run.classes[k], run.counts[k].train, metrics.classes[k], predicted[k] > 0);
  }
  return html + "</tbody>\n" + mean_html(metrics) +
         fmt::format(
             "</table>\n</div>\n<figcaption id=\"classes-note\">Train and val: pictures on each "
             "side. Precision: of the pictures taken for this class, the share that show it. "
             "Recall: "
             "of those that show it, the share that were found. F1: their harmonic mean.{}"
             "</figcaption>\n</figure>\n",
             many ? " The lowest F1 stands first." : "");
}

}  // namespace engraft::report
