#include "report/confusion.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/html.h"

namespace engraft::report {
namespace {

constexpr std::size_t kListedPairs = 20;
// More classes than these make the cells smaller, so that the table stays within the page.
constexpr std::size_t kSpacious = 6;
constexpr std::size_t kTight = 16;
// The deepest shade on which text keeps a contrast of more than 4.5 to 1, light and dark.
constexpr double kDeepestShade = 0.45;

double share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string cell_html(std::int64_t count, double part, bool right) {
  if (count == 0) return right ? "<td class=\"right\">0</td>" : "<td class=\"none\">0</td>";
  return fmt::format("<td class=\"{}\" style=\"--shade:{:.3f}\">{}</td>", right ? "right" : "wrong",
                     0.05 + (kDeepestShade - 0.05) * part, base::grouped(count));
}

std::string table_html(const learn::Metrics& metrics, std::span<const std::string> classes) {
  std::string html = fmt::format(
      "<figure>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
      "aria-label=\"Confusion matrix\">\n<table class=\"confusion{}\" "
      "aria-describedby=\"confusion-note\">\n"
      "<thead><tr><td class=\"corner\">shows\u00A0\u2193 taken\u00A0for\u00A0\u2192</td>",
      classes.size() > kSpacious ? classes.size() > kTight ? " many dense" : " many" : "");
  for (const std::string& name : classes) {
    html += fmt::format("<th scope=\"col\" title=\"{}\"><span>{}</span></th>", escape_html(name),
                        name_html(name));
  }
  html += "<th scope=\"col\" class=\"recall\"><span>right</span></th></tr></thead>\n<tbody>\n";
  for (std::size_t truth = 0; truth < classes.size(); ++truth) {
    const std::string& name = classes[truth];
    const std::int64_t images = metrics.classes[truth].images;
    html += fmt::format("<tr><th scope=\"row\" title=\"{}\"><span>{}</span></th>",
                        escape_html(name), name_html(name));
    for (std::size_t predicted = 0; predicted < classes.size(); ++predicted) {
      const std::int64_t count = metrics.confusion.count(truth, predicted);
      html += cell_html(count, share(count, images), truth == predicted);
    }
    html +=
        fmt::format("<td class=\"recall\">{}</td></tr>\n",
                    images == 0 ? "\u2013" : percent_text(100 * metrics.classes[truth].recall, 1));
  }
  return html +
         "</tbody>\n</table>\n</div>\n<figcaption id=\"confusion-note\">Each row holds the "
         "validation pictures of one class, each column those that the model takes for one. Right "
         "answers stand on the diagonal, in bold; the deeper a cell's colour, the larger its share "
         "of the row.</figcaption>\n</figure>\n";
}

std::string pairs_html(const learn::Metrics& metrics, std::span<const std::string> classes) {
  const std::vector<learn::ConfusedPair> pairs = most_confused(metrics, kListedPairs);
  if (pairs.empty()) return "<p>No class was taken for another.</p>\n";
  std::string html =
      "<figure>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
      "aria-label=\"Most confused pairs\">\n"
      "<table class=\"plain\" aria-describedby=\"confusion-note\">\n"
      "<thead><tr><th scope=\"col\">shows</th><th scope=\"col\">taken for</th>"
      "<th scope=\"col\" class=\"number\">pictures</th>"
      "<th scope=\"col\" class=\"number\">of the class</th></tr></thead>\n<tbody>\n";
  for (const learn::ConfusedPair& pair : pairs) {
    const double part = share(pair.count, metrics.classes[pair.truth].images);
    html += fmt::format(
        "<tr><td>{}</td><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
        name_html(classes[pair.truth]), name_html(classes[pair.predicted]),
        base::grouped(pair.count), percent_text(100 * part, 1));
  }
  return html +
         fmt::format(
             "</tbody>\n</table>\n</div>\n<figcaption id=\"confusion-note\">{} classes make "
             "too large a table: these are the pairs that are confused most. All counts are in "
             "run.json.</figcaption>\n</figure>\n",
             classes.size());
}

}  // namespace

std::vector<learn::ConfusedPair> most_confused(const learn::Metrics& metrics, std::size_t limit) {
  std::vector<learn::ConfusedPair> pairs = metrics.confusion.pairs();
  std::erase_if(pairs,
                [](const learn::ConfusedPair& pair) { return pair.truth == pair.predicted; });
  // With equal counts, the smaller class has the larger share.
  std::stable_sort(pairs.begin(), pairs.end(),
                   [&](const learn::ConfusedPair& a, const learn::ConfusedPair& b) {
                     if (a.count != b.count) return a.count > b.count;
                     return metrics.classes[a.truth].images < metrics.classes[b.truth].images;
                   });
  pairs.resize(std::min(pairs.size(), limit));
  return pairs;
}

std::string confusion_html(const learn::Metrics& metrics, std::span<const std::string> classes) {
  return classes.size() <= kLargestConfusionTable ? table_html(metrics, classes)
                                                  : pairs_html(metrics, classes);
}

}  // namespace engraft::report
