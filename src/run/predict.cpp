#include "run/predict.h"

#include <algorithm>
#include <filesystem>
#include <span>
#include <utility>

#include "engraft/error.h"
#include "learn/softmax.h"
#include "prediction/predictor.h"
#include "run/compute.h"
#include "run/network.h"

namespace engraft::run {
namespace {

namespace fs = std::filesystem;

// Pictures that are under way together: enough that every worker has something to do, few enough
// that the first answers come soon and memory stays the same however many there are.
constexpr std::size_t kTogether = 256;

bool is_hidden(const base::Path& path) { return path.filename().string().starts_with("."); }

// The next, and those after it that are there already.
std::vector<base::Path> take(const PathSource& paths, std::size_t most) {
  std::vector<base::Path> files;
  while (files.size() < most) {
    if (!files.empty() && paths.ready && !paths.ready()) break;
    std::optional<base::Path> path = paths.next();
    if (!path) break;
    files.push_back(std::move(*path));
  }
  return files;
}

}  // namespace

bool predict(const PredictRequest& request, const PathSource& paths, const PredictEvents& events) {
  resolve_precision(request.settings);
  note_processor(events.shared);
  model::Model model = open_model(request.model, request.settings, events.shared);
  const infer::ComputePlan plan = plan_for(model, request.settings, events.shared);
  features::require_ranges(plan, request.model);
  // What is rearranged for a few pictures takes longer than they do; it is kept for the next.
  const prediction::Predictor predictor(std::move(model),
                                        {.plan = plan,
                                         .workers = worker_count(request.settings),
                                         .load = load_options(request.settings),
                                         .weights_cache = cache_folder(request.settings)});
  if (events.opened) events.opened(predictor.model().classes);

  for (;;) {
    const std::vector<base::Path> files = take(paths, kTogether);
    if (files.empty()) break;
    std::vector<Prediction> predictions(files.size());
    std::vector<bool> done(files.size());
    std::size_t told = 0;
    const auto tell = [&](std::size_t i) {
      done[i] = true;
      for (; told < files.size() && done[told]; ++told) events.predicted(predictions[told]);
    };
    for (std::size_t i = 0; i < files.size(); ++i) predictions[i].path = files[i];
    const bool complete = predictor.logits(
        files.size(), [&](std::size_t i) { return predictor.load(files[i]); },
        [&](std::size_t i, std::span<const float> logits) {
          predictions[i].logits.assign(logits.begin(), logits.end());
          predictions[i].probabilities = learn::softmax(logits);
          tell(i);
        },
        [&](std::size_t i, const std::string& reason) {
          predictions[i].error = reason;
          tell(i);
        },
        events.shared.stop);
    if (!complete) return false;
  }
  limit_cache(request.settings);
  return !base::stopped(events.shared);  // the input may have ended by that
}

std::vector<base::Path> files_below(const base::Path& folder) {
  std::vector<base::Path> files;
  fs::recursive_directory_iterator walk(folder, fs::directory_options::skip_permission_denied);
  for (auto entry = fs::begin(walk); entry != fs::end(walk); ++entry) {
    if (is_hidden(entry->path())) {
      if (entry->is_directory()) entry.disable_recursion_pending();
    } else if (entry->is_regular_file()) {
      files.push_back(entry->path());
    }
  }
  if (files.empty()) throw Error(folder.string() + ": the folder holds no files");
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace engraft::run
