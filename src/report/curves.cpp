#include "report/curves.h"

#include <fmt/format.h>

#include <vector>

#include "report/chart.h"

namespace engraft {
namespace {

const EvalPoint* best_point(const TrainResult& result) {
  for (const EvalPoint& point : result.history) {
    if (point.iteration == result.best_iteration) return &point;
  }
  return nullptr;
}

}  // namespace

std::string curves_html(const RunRecord& record) {
  const TrainResult& result = record.result;
  // The fit on all pictures at once counts no right answers on the way.
  const bool has_train_accuracy = record.options.optimizer.kind != OptimizerKind::kLbfgs;
  ChartSeries val_accuracy{"validation", {}};
  ChartSeries train_accuracy{"training", {}};
  ChartSeries val_loss{"validation", {}};
  ChartSeries train_loss{"training", {}};
  for (const EvalPoint& point : result.history) {
    const auto x = static_cast<double>(point.iteration);
    val_accuracy.points.push_back({x, point.val_accuracy_percent});
    val_loss.points.push_back({x, point.val_loss});
    if (point.iteration == 0) continue;  // nothing was trained yet
    if (has_train_accuracy) train_accuracy.points.push_back({x, point.train_accuracy_percent});
    train_loss.points.push_back({x, point.train_loss});
  }
  ChartOptions accuracy{.id = "accuracy-chart",
                        .title = "Accuracy",
                        .description = {},
                        .x_label = "iteration",
                        .y_unit = "\u00A0%",
                        .y_limit = 100};
  ChartOptions loss{.id = "loss-chart",
                    .title = "Loss (cross-entropy)",
                    .description = {},
                    .x_label = "iteration",
                    .y_unit = "",
                    .y_low = 0};
  if (const EvalPoint* best = best_point(result)) {
    const EvalPoint& last = result.history.back();
    const auto x = static_cast<double>(best->iteration);
    accuracy.mark = ChartMark{{x, best->val_accuracy_percent},
                              fmt::format("best: {:.2f}\u00A0%", best->val_accuracy_percent)};
    loss.mark = ChartMark{{x, best->val_loss}, fmt::format("best: {:.3g}", best->val_loss)};
    accuracy.description = fmt::format(
        "Validation accuracy was best, {:.2f} %, at iteration {}, and {:.2f} % at the last, {}.",
        best->val_accuracy_percent, best->iteration, last.val_accuracy_percent, last.iteration);
    loss.description = fmt::format(
        "Validation loss was {:.4f} at the best iteration, {}, and {:.4f} at the last, {}.",
        best->val_loss, best->iteration, last.val_loss, last.iteration);
    loss.mark->label = fmt::format("at the best accuracy: {:.3g}", best->val_loss);
  }
  std::vector<ChartSeries> accuracies{val_accuracy};
  if (has_train_accuracy) accuracies.push_back(train_accuracy);
  const std::vector<ChartSeries> losses{val_loss, train_loss};
  return fmt::format(
      "<div class=\"charts\">\n<div>{}</div>\n<div>{}</div>\n</div>\n"
      "<p class=\"quiet\">Training figures are means over the batches since the validation before, "
      "while the model was still learning, on transformed pictures. The ring marks the iteration "
      "whose model was kept.</p>\n",
      line_chart(accuracies, accuracy), line_chart(losses, loss));
}

}  // namespace engraft
