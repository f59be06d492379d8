// A model made ready once for all pictures that follow: its frozen part compiled, its head, and how
// pictures are prepared. The one way from pictures to logits for the command, the library, and
// whoever else asks, so that all give the same bits.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/expected.h"
#include "base/file.h"
#include "features/features.h"
#include "image/image.h"
#include "infer/executor.h"
#include "model/model.h"
#include "prediction/head.h"

namespace engraft::prediction {

struct PredictorOptions {
  infer::ComputePlan plan;        // as features::plan_for() chooses it
  int workers = 1;                // for several pictures at once
  transforms::LoadOptions load;   // of files
  base::Path weights_cache = {};  // where rearranged weights are kept between processes, if at all
};

// Members may be called from several threads at once.
class Predictor {
 public:
  // Throws Error where the model's transforms give pictures of different sizes, or its network
  // cannot be compiled.
  Predictor(model::Model model, const PredictorOptions& options);

  const model::Model& model() const { return model_; }
  const infer::ComputePlan& plan() const { return plan_; }

  // Of one picture at the cut: C × H × W, or C.
  base::Shape feature_shape() const { return executor_.output_shape(head_.cut()); }

  // A picture as the model's transforms make it.
  base::Expected<image::Image> load(const base::Path& file) const;
  base::Expected<image::Image> load(std::span<const std::byte> file) const;  // JPEG, PNG, ...
  base::Expected<image::Image> load(image::Image picture) const;

  // What the network gives for `count` pictures: features::compute_features(), with its promises.
  // `stop` may be empty.
  bool logits(std::size_t count, const features::Load& load, const features::Result& result,
              const features::Failed& failed, const std::function<bool()>& stop = {}) const;
  bool features(std::size_t count, const features::Load& load, const features::Result& result,
                const features::Failed& failed, const std::function<bool()>& stop = {}) const;

 private:
  model::Model model_;
  infer::ComputePlan plan_;
  Head head_;
  infer::Executor executor_;
  features::FeatureSource source_;
};

}  // namespace engraft::prediction
