#include "engraft/evaluate.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "api/options.h"
#include "api/predict/implementation.h"
#include "api/run_values.h"
#include "engraft/error.h"
#include "run/evaluate.h"
#include "run/features.h"

namespace engraft {

std::optional<Evaluation> evaluate(const Model& model, const std::filesystem::path& data,
                                   const EvaluateOptions& options, const Events& events) {
  constexpr std::array kSplits{"auto", "train", "val", "test", "all"};
  if (std::ranges::find(kSplits, options.split) == kSplits.end()) {
    throw OptionError(
        fmt::format("--split {}: must be one of auto, train, val, test, all", options.split));
  }
  const Model::Implementation& own = model.implementation();
  const std::optional<run::Evaluation> found =
      run::evaluate(own.model,
                    {.model = own.source,
                     .data = data.string(),
                     .split = options.split,
                     .settings = api::to_settings(options)},
                    events);
  if (!found) return std::nullopt;
  Evaluation evaluation{.metrics = api::to_metrics(found->metrics, found->classes),
                        .pictures = found->pictures,
                        .skipped = found->skipped,
                        .trained_on = found->trained_on};
  if (found->unseen) evaluation.unseen = api::to_metrics(*found->unseen, found->classes);
  return evaluation;
}

std::optional<WrittenFeatures> write_features(const std::filesystem::path& data,
                                              const std::filesystem::path& file,
                                              const FeatureOptions& options, const Events& events) {
  const std::optional<run::FeaturesResult> found = run::write_features(
      {.data = data.string(), .output = file, .settings = api::to_settings(options)}, events);
  if (!found) return std::nullopt;
  WrittenFeatures written{.shape = found->shape, .cut = found->cut};
  for (const data::Sample& sample : found->data.samples) written.pictures.push_back(sample.name);
  return written;
}

}  // namespace engraft
