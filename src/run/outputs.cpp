#include "run/outputs.h"

#include <chrono>
#include <optional>

#include "cache/record_store.h"
#include "features/feature_cache.h"

namespace engraft::run {

Outputs compute_outputs(const model::Model& model, graph::NodeId output, const data::Dataset& data,
                        std::span<const std::size_t> samples, const infer::ComputePlan& plan,
                        const Settings& settings, const base::Events& events,
                        const std::string& what) {
  const infer::Executor executor(
      model.graph, model.parameters, {output},
      {.plan = plan, .input_size = features::fixed_output_size(model.val_transforms)});
  Outputs outputs;
  outputs.shape = executor.output_shape(output);
  const auto count = static_cast<std::size_t>(base::element_count(outputs.shape));
  outputs.values.resize(samples.size() * count);

  features::FeatureSource source = feature_source(settings, events, what);
  source.pipeline = model.val_transforms;
  source.normalization = model.normalization;
  std::optional<cache::RecordStore> cache;
  if (!settings.no_cache) {
    cache.emplace(cache_folder(settings),
                  features::describe_features(
                      model, output, features::hash_of_prefix(model, output, source.workers),
                      model.val_transforms, plan, settings.exact_decode),
                  count * sizeof(float));
    source.cache = &*cache;
  }
  std::vector<features::View> views;
  for (const std::size_t sample : samples) views.push_back({sample, 0});
  const auto begun = std::chrono::steady_clock::now();
  outputs.complete =
      features::compute_features(source, data, views, 0, executor, output, outputs.values);
  outputs.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  if (cache) outputs.from_cache = cache->found();
  cache.reset();
  limit_cache(settings);
  return outputs;
}

}  // namespace engraft::run
