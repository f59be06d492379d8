#include "engraft/run.h"

#include "api/run_values.h"
#include "record/run_folder.h"
#include "report/report.h"

namespace engraft {
namespace {

RunResults to_results(const record::Results& results, const std::vector<std::string>& classes) {
  return {.iterations = results.iterations,
          .best_iteration = results.best_iteration,
          .stopped = results.stopped,
          .best = api::to_metrics(results.best, classes),
          .last = api::to_metrics(results.last, classes),
          .seconds = results.seconds.total};
}

}  // namespace

Validation api::to_validation(const training::EvalPoint& point) {
  return {.iteration = point.iteration,
          .epoch = point.epoch,
          .train_loss = point.train_loss,
          .train_accuracy_percent = point.train_accuracy_percent,
          .val_loss = point.val_loss,
          .val_accuracy_percent = point.val_accuracy_percent,
          .seconds = point.seconds};
}

Metrics api::to_metrics(const learn::Metrics& metrics, const std::vector<std::string>& classes) {
  Metrics own{.accuracy_percent = metrics.accuracy_percent, .loss = metrics.loss};
  for (std::size_t k = 0; k < metrics.classes.size(); ++k) {
    const learn::ClassMetrics& one = metrics.classes[k];
    own.classes.push_back({classes.at(k), one.images, one.precision, one.recall, one.f1});
  }
  for (const learn::ConfusedPair& pair : metrics.confusion.pairs()) {
    own.confusion.push_back({pair.truth, pair.predicted, pair.count});
  }
  return own;
}

Run api::to_run(const base::Path& folder, const record::Run& run) {
  Run own{.folder = folder, .data = run.data, .classes = run.classes};
  training::visit_settings(run.settings, [&](const training::Setting& setting, const auto&) {
    own.options.emplace(setting.name, training::setting_text(run.settings, setting.name));
  });
  const record::Sides pictures = run.pictures();
  own.pictures = {.train = pictures.train, .val = pictures.val, .test = pictures.test};
  for (const data::Skipped& file : run.skipped) own.skipped.push_back({file.name, file.reason});
  for (const training::EvalPoint& point : run.history) own.history.push_back(to_validation(point));
  if (run.results) own.results = to_results(*run.results, run.classes);
  return own;
}

Model Run::model() const { return load_model(folder); }

Run open_run(const std::filesystem::path& folder) {
  return api::to_run(folder, record::read_run(folder));
}

std::filesystem::path write_report(const std::filesystem::path& folder) {
  return report::write_report(folder);
}

}  // namespace engraft
