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

std::string stop_text(const record::Run& run) {
  const record::Results& results = *run.results;
  if (run.method == training::Method::kBestHead) return "the best head was found";
  const std::string after = "after " + counted(results.iterations, "iteration");
  if (results.stopped == record::to_string(training::StopReason::kAccuracyReached)) {
    return fmt::format("{}: validation reached the {:g}\u00A0% asked for", after,
                       run.settings.stop_at);
  }
  if (results.stopped == record::to_string(training::StopReason::kInterrupted)) {
    return after + ": interrupted; this is what was reached";
  }
  if (results.stopped == record::to_string(training::StopReason::kConverged)) {
    return after + ": converged, nothing improved any more";
  }
  if (results.stopped == record::to_string(training::StopReason::kDiverged)) {
    return after + ": diverged; this is the best that came before";
  }
  return fmt::format(
      "{}: {} done", after,
      run.settings.epochs == 1 ? "the epoch" : "all " + counted(run.settings.epochs, "epoch"));
}

// The accuracy on a scale from 0 to 100 %, with the interval around it. Said in words beside it.
std::string interval_bar(double share, const learn::Interval& interval) {
  return fmt::format(
      "<div class=\"interval\" aria-hidden=\"true\"><i style=\"left:{:.2f}%;width:{:.2f}%\"></i>"
      "<b style=\"left:{:.2f}%\"></b></div>\n"
      "<p class=\"ends\" aria-hidden=\"true\"><span>0</span><span>100\u00A0%</span></p>\n",
      100 * interval.low, 100 * (interval.high - interval.low), 100 * share);
}

std::string score_html(const record::Run& run) {
  const learn::Metrics& metrics = run.results->best;
  const std::int64_t pictures = learn::images_in(metrics);
  const std::int64_t right = metrics.confusion.right();
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
      name_html(run.classes[baseline.largest_class]), percent_text(baseline.accuracy_percent, 1),
      run.history.size() > 1
          ? fmt::format(" This is the best of {} validations on the same pictures: on new ones, "
                        "expect slightly less.",
                        base::grouped(std::ssize(run.history)))
          : "");
  return html;
}

}  // namespace

std::string headline_html(const record::Run& run) {
  const record::Results& results = *run.results;
  const std::string loss = fmt::format("loss {:.4f}", results.best.loss);
  const std::string best =
      run.method == training::Method::kBestHead
          ? loss
          : fmt::format("at iteration {}, {}", base::grouped(results.best_iteration), loss);
  const Facts facts{{"Model", escape_html(run.network->architecture)},
                    {"Classes", classes_text(run.classes)},
                    {"Data", name_html(run.data)},
                    {"Best", best},
                    {"Stopped", stop_text(run)},
                    {"Time", fmt::format("{:.1f}\u00A0s", results.seconds.total)}};
  return fmt::format(
      "<section id=\"result\" aria-label=\"Result\">\n<div "
      "class=\"headline\">\n<div>\n{}</div>\n{}</div>\n</section>\n",
      score_html(run), facts_html(facts));
}

}  // namespace engraft::report
