#include "report/curves.h"

#include <fmt/format.h>

#include <vector>

#include "report/chart.h"
#include "report/html.h"

namespace engraft::report {
namespace {

constexpr const char* kNotes =
    "<p class=\"quiet\">Training figures are means over the batches since the validation before, "
    "while the model was still learning, on transformed pictures. The ring marks the iteration "
    "whose model was kept.</p>\n";
constexpr const char* kFitNotes =
    "<p class=\"quiet\">Training figures are those of all training pictures with the model as it "
    "was "
    "then. The ring marks the iteration whose model was kept.</p>\n";

training::EvalPoint best_point(const training::TrainResult& result) {
  for (const training::EvalPoint& point : result.history) {
    if (point.iteration == result.best_iteration) return point;
  }
  return result.history.back();
}

// One figure of every validation; of training only where something was trained before.
ChartSeries series(const char* name, const training::TrainResult& result,
                   double training::EvalPoint::*figure, std::int64_t from_iteration) {
  ChartSeries series{name, {}};
  for (const training::EvalPoint& point : result.history) {
    if (point.iteration < from_iteration) continue;
    series.points.push_back({static_cast<double>(point.iteration), point.*figure});
  }
  return series;
}

std::string accuracy_chart(const record::RunRecord& record) {
  const training::TrainResult& result = record.result;
  const training::EvalPoint best = best_point(result);
  const training::EvalPoint& last = result.history.back();
  const std::vector<ChartSeries> lines{
      series("validation", result, &training::EvalPoint::val_accuracy_percent, 0),
      series("training", result, &training::EvalPoint::train_accuracy_percent, 1)};
  return line_chart(
      lines,
      {.id = "accuracy-chart",
       .title = "Accuracy",
       .description = fmt::format(
           "Validation accuracy was best, {:.2f} %, at iteration {}, and {:.2f} % at the "
           "last, {}.",
           best.val_accuracy_percent, best.iteration, last.val_accuracy_percent, last.iteration),
       .x_label = "iteration",
       .y_unit = "\u00A0%",
       .y_limit = 100,
       .y_extent = 10,
       .mark = ChartMark{{static_cast<double>(best.iteration), best.val_accuracy_percent},
                         "best: " + percent_text(best.val_accuracy_percent)}});
}

std::string loss_chart(const training::TrainResult& result) {
  const training::EvalPoint best = best_point(result);
  const training::EvalPoint& last = result.history.back();
  const std::vector<ChartSeries> lines{
      series("validation", result, &training::EvalPoint::val_loss, 0),
      series("training", result, &training::EvalPoint::train_loss, 1)};
  return line_chart(
      lines,
      {.id = "loss-chart",
       .title = "Loss (cross-entropy)",
       .description = fmt::format(
           "Validation loss was {:.4f} at the best iteration, {}, and {:.4f} at the last, {}.",
           best.val_loss, best.iteration, last.val_loss, last.iteration),
       .x_label = "iteration",
       .y_unit = "",
       .y_low = 0,
       .mark = ChartMark{{static_cast<double>(best.iteration), best.val_loss},
                         fmt::format("at the best accuracy: {:.3g}", best.val_loss)}});
}

}  // namespace

std::string curves_html(const record::RunRecord& record) {
  return fmt::format("<div class=\"charts\">\n<div>{}</div>\n<div>{}</div>\n</div>\n{}",
                     accuracy_chart(record), loss_chart(record.result),
                     training::is_fit(training::method_of(record.options)) ? kFitNotes : kNotes);
}

}  // namespace engraft::report
