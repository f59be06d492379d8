#include "report/headline.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "report/html.h"

namespace engraft::report {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kNamedClasses = 12;

std::string classes_text(const std::vector<std::string>& classes) {
  std::string html = fmt::format("{}: ", classes.size());
  for (std::size_t k = 0; k < std::min(classes.size(), kNamedClasses); ++k) {
    html += (k == 0 ? "" : ", ") + name_html(classes[k]);
  }
  if (classes.size() > kNamedClasses) {
    html += fmt::format(" and {} more", classes.size() - kNamedClasses);
  }
  return html;
}

std::string stop_text(const record::RunRecord& record) {
  const training::TrainResult& result = record.result;
  const std::string after = "after " + counted(result.iterations, "iteration");
  switch (result.stop) {
    case training::StopReason::kAccuracyReached:
      return fmt::format("{}: validation reached the {:g}\u00A0% asked for", after,
                         record.options.stop_at_percent);
    case training::StopReason::kInterrupted:
      return after + ": interrupted; this is what was reached";
    case training::StopReason::kConverged:
      return after + ": converged, nothing improved any more";
    case training::StopReason::kDiverged:
      return after + ": diverged; this is the best that came before";
    case training::StopReason::kEpochs:
      break;
  }
  return fmt::format(
      "{}: {} done", after,
      record.options.epochs == 1 ? "the epoch" : "all " + counted(record.options.epochs, "epoch"));
}

// The accuracy on a scale from 0 to 100 %, with the interval around it. Said in words beside it.
std::string interval_bar(double share, const learn::Interval& interval) {
  return fmt::format(
      "<div class=\"interval\" aria-hidden=\"true\"><i style=\"left:{:.2f}%;width:{:.2f}%\"></i>"
      "<b style=\"left:{:.2f}%\"></b></div>\n"
      "<p class=\"ends\" aria-hidden=\"true\"><span>0</span><span>100\u00A0%</span></p>\n",
      100 * interval.low, 100 * (interval.high - interval.low), 100 * share);
}

std::string score_html(const record::RunRecord& record) {
  const learn::Metrics& metrics = record.result.best_metrics;
  const std::int64_t pictures = learn::images_in(metrics);
  const std::int64_t right = metrics.confusion.right();
  if (pictures == 0) {
    return "<p class=\"kicker\">Validation accuracy</p>\n<p "
           "class=\"score\">\u2013</p>\n<p>Training "
           "ended before anything was validated.</p>\n";
  }
  const learn::Interval interval = learn::accuracy_interval(metrics);
  const double share = static_cast<double>(right) / static_cast<double>(pictures);
  std::string html = fmt::format(
      "<p class=\"kicker\">Best validation accuracy</p>\n<p class=\"score\">{}</p>\n"
      "<p>{} of {} right. The 95\u00A0% confidence interval (Wilson) is {} to {}.</p>\n{}",
      percent_text(metrics.accuracy_percent), base::grouped(right),
      counted(pictures, "validation picture"), percent_text(100 * interval.low, 1),
      percent_text(100 * interval.high, 1), interval_bar(share, interval));
  const learn::Baseline baseline = learn::majority_baseline(metrics);
  html += fmt::format(
      "<p class=\"quiet\">Always answering {} would be right for {}.{}</p>\n",
      name_html(record.dataset->classes[baseline.largest_class]),
      percent_text(baseline.accuracy_percent, 1),
      record.result.history.size() > 1
          ? fmt::format(" This is the best of {} validations on the same pictures: on new ones, "
                        "expect slightly less.",
                        base::grouped(std::ssize(record.result.history)))
          : "");
  return html;
}

}  // namespace

std::string headline_html(const record::RunRecord& record) {
  const training::TrainResult& result = record.result;
  const Facts facts{
      {"Model", escape_html(result.best.graph.architecture)},
      {"Classes", classes_text(record.dataset->classes)},
      {"Data", name_html(record.data)},
      {"Best", result.history.empty()
                   ? ""
                   : fmt::format("at iteration {}, loss {:.4f}",
                                 base::grouped(result.best_iteration), result.best_metrics.loss)},
      {"Stopped", stop_text(record)},
      {"Time", fmt::format("{:.1f}\u00A0s", result.seconds.total)}};
  return fmt::format(
      "<section id=\"result\" aria-label=\"Result\">\n<div "
      "class=\"headline\">\n<div>\n{}</div>\n{}</div>\n</section>\n",
      score_html(record), facts_html(facts));
}

}  // namespace engraft::report
