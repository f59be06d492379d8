#include "prediction/predictor.h"

#include <utility>
#include <vector>

#include "base/random.h"
#include "transforms/load_picture.h"

namespace engraft::prediction {
namespace {

infer::ExecutorOptions executor_options(const model::Model& model,
                                        const PredictorOptions& options) {
  return {.plan = options.plan,
          .input_size = features::fixed_output_size(model.val_transforms),
          .weights_cache = model.origin.empty() ? base::Path() : options.weights_cache,
          .parameters = model.origin};
}

}  // namespace

Predictor::Predictor(model::Model model, const PredictorOptions& options)
    : model_(std::move(model)),
      plan_(options.plan),
      head_(model_, 1),  // one picture's head is not worth threads
      executor_(model_.graph, model_.parameters, {head_.cut()}, executor_options(model_, options)) {
  source_.pipeline = model_.val_transforms;
  source_.normalization = model_.normalization;
  source_.workers = options.workers;
  source_.load = options.load;
}

base::Expected<image::Image> Predictor::load(const base::Path& file) const {
  base::Random random({base::mix_bits(file.string())});  // for pipelines that are random
  return transforms::load_picture(file, source_.pipeline, random, source_.load);
}

base::Expected<image::Image> Predictor::load(std::span<const std::byte> file) const {
  base::Random random({0});
  return transforms::load_picture(file, source_.pipeline, random, source_.load);
}

base::Expected<image::Image> Predictor::load(image::Image picture) const {
  base::Random random({0});
  return transforms::prepare_picture(std::move(picture), source_.pipeline, random);
}

bool Predictor::logits(std::size_t count, const features::Load& load,
                       const features::Result& result, const features::Failed& failed,
                       const std::function<bool()>& stop) const {
  std::vector<float> logits(model_.classes.size());
  return features(
      count, load,
      [&](std::size_t i, std::span<const float> features) {
        head_.logits(features, logits);
        result(i, logits);
      },
      failed, stop);
}

bool Predictor::features(std::size_t count, const features::Load& load,
                         const features::Result& result, const features::Failed& failed,
                         const std::function<bool()>& stop) const {
  features::FeatureSource source = source_;
  source.stop_requested = stop;
  return features::compute_features(source, count, load, executor_, head_.cut(), result, failed);
}

}  // namespace engraft::prediction
