#include "cli/summary.h"

#include <fmt/format.h>

#include "base/text.h"

namespace engraft::cli {
namespace {

constexpr std::size_t kNamed = 8;  // classes that a line names

std::string named(const std::vector<std::size_t>& places, const std::vector<std::string>& classes) {
  std::vector<std::string> names;
  for (const std::size_t k : places) names.push_back(classes[k]);
  return base::enumerated(names, kNamed);
}

void print_stop(Console& console, const record::Run& run) {
  const std::string& stopped = run.results->stopped;
  if (stopped == record::to_string(training::StopReason::kAccuracyReached)) {
    console.line(fmt::format("stopped: validation accuracy reached {} %", run.settings.stop_at));
  } else if (stopped == record::to_string(training::StopReason::kInterrupted)) {
    console.line("interrupted: what was reached is saved");
  } else if (stopped == record::to_string(training::StopReason::kConverged)) {
    console.line("converged");
  }
}

}  // namespace

void print_summary(Console& console, const run::Trained& trained) {
  const record::Run& run = trained.run;
  const record::Results& results = *run.results;
  print_stop(console, run);
  const learn::Metrics& best = results.best;
  const learn::Interval interval = learn::accuracy_interval(best);
  const learn::Baseline baseline = learn::majority_baseline(best);
  const std::string where = run.method == training::Method::kBestHead
                                ? ""
                                : fmt::format(" at iteration {}", results.best_iteration);
  console.strong_line(
      fmt::format("best validation accuracy {:.2f} %{}", best.accuracy_percent, where));
  console.line(fmt::format(
      "  {} of {} right, 95 % interval {:.1f} to {:.1f} %", base::grouped(best.confusion.right()),
      base::grouped(learn::images_in(best)), 100 * interval.low, 100 * interval.high));
  console.line(fmt::format("  always answering {}: {:.2f} %; mean recall of classes {:.2f} %",
                           run.classes[baseline.largest_class], baseline.accuracy_percent,
                           learn::balanced_accuracy_percent(best)));
  if (best.accuracy_percent <= baseline.accuracy_percent) {
    console.line("  that is no better than always giving the same answer");
  }
  const std::vector<std::size_t> never = learn::never_found(best);
  if (!never.empty()) console.line("  never found: " + named(never, run.classes));
  const record::Seconds& seconds = results.seconds;
  console.line(
      fmt::format("time: {:.1f} s (pictures {:.1f}, network {:.1f}, features {:.1f}, head {:.1f}, "
                  "saving {:.1f})",
                  seconds.total, seconds.pictures, seconds.network,
                  seconds.val_features + seconds.train_features, seconds.head + seconds.validation,
                  seconds.saving));
}

}  // namespace engraft::cli
