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

training::EvalPoint best_point(const record::Run& run) {
  for (const training::EvalPoint& point : run.history) {
    if (point.iteration == run.results->best_iteration) return point;
  }
  return run.history.back();
}

// One figure of every validation; of training only where something was trained before.
ChartSeries series(const char* name, const record::Run& run, double training::EvalPoint::*figure,
                   std::int64_t from_iteration) {
  ChartSeries series{name, {}};
  for (const training::EvalPoint& point : run.history) {
    if (point.iteration < from_iteration) continue;
    series.points.push_back({static_cast<double>(point.iteration), point.*figure});
  }
  return series;
}

std::string accuracy_chart(const record::Run& run) {
  const training::EvalPoint best = best_point(run);
  const training::EvalPoint& last = run.history.back();
  const std::vector<ChartSeries> lines{
      series("validation", run, &training::EvalPoint::val_accuracy_percent, 0),
      series("training", run, &training::EvalPoint::train_accuracy_percent, 1)};
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

std::string loss_chart(const record::Run& run) {
  const training::EvalPoint best = best_point(run);
  const training::EvalPoint& last = run.history.back();
  const std::vector<ChartSeries> lines{
      series("validation", run, &training::EvalPoint::val_loss, 0),
      series("training", run, &training::EvalPoint::train_loss, 1)};
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

// The one validation that there was, as a table.
std::string figures_html(const training::EvalPoint& point) {
  const auto row = [](const char* side, double accuracy, double loss) {
    return fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td "
        "class=\"number\">{:.4f}</td></tr>\n",
        side, percent_text(accuracy), loss);
  };
  return "<table class=\"plain\">\n<thead><tr><th scope=\"col\">side</th><th scope=\"col\" "
         "class=\"number\">accuracy</th><th scope=\"col\" "
         "class=\"number\">loss</th></tr></thead>\n<tbody>\n" +
         row("validation", point.val_accuracy_percent, point.val_loss) +
         row("training", point.train_accuracy_percent, point.train_loss) +
         "</tbody>\n</table>\n<p class=\"quiet\">The head was found at once, without steps on the "
         "way; training figures are those of all training pictures.</p>\n";
}

}  // namespace

std::string curves_html(const record::Run& run) {
  // One point is no curve.
  if (run.history.size() == 1) return figures_html(run.history.front());
  return fmt::format("<div class=\"charts\">\n<div>{}</div>\n<div>{}</div>\n</div>\n{}",
                     accuracy_chart(run), loss_chart(run),
                     run.method == training::Method::kSteps ? kNotes : kFitNotes);
}

}  // namespace engraft::report
