// Pictures to features: decodes, transforms and runs the frozen prefix, a few pictures at a time on
// each worker, so that every core always has work and nothing waits for anything. With the whole
// network as the prefix, the features are the logits: that is prediction.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/expected.h"
#include "cache/record_store.h"
#include "data/dataset.h"
#include "infer/executor.h"
#include "transforms/load_picture.h"
#include "transforms/normalization.h"
#include "transforms/pipeline.h"

namespace engraft::features {

struct FeatureSource {
  transforms::Pipeline pipeline;
  transforms::Normalization normalization;  // unless the pipeline says another
  int workers = 1;
  transforms::LoadOptions load;
  cache::RecordStore* cache =
      nullptr;                      // where features of a data set's pictures are found and kept
  infer::Ranges* ranges = nullptr;  // widened by the values on the way, where it is given
  std::function<bool()> stop_requested;                               // may be empty
  std::function<void(std::size_t done, std::size_t total)> progress;  // may be empty
};

// What the pipeline gives for every picture; throws Error where that depends on the picture, so
// that no batch could be made of it.
graph::Pair fixed_output_size(const transforms::Pipeline& pipeline);

// One visit of a picture. The triple (seed, sample, view) decides its random transforms: the same
// view looks the same whenever and wherever it is computed.
struct View {
  std::size_t sample = 0;  // index into Dataset::samples
  std::uint64_t view = 0;  // the epoch, where every epoch has fresh views
};

// The transformed picture of a view, as 8-bit RGB, or why it cannot be read.
base::Expected<image::Image> load_view(const data::Dataset& data,
                                       const transforms::Pipeline& pipeline, View view,
                                       std::uint64_t seed,
                                       const transforms::LoadOptions& options = {.exact = true});

// Under which keys compute_features() keeps these views.
std::vector<cache::RecordKey> record_keys(const FeatureSource& source, const data::Dataset& data,
                                          std::span<const View> views, std::uint64_t seed);

// The features of `views`, one after another in `result` (views × the output's elements). Returns
// false where it was stopped before all were computed. Throws Error where a picture that could be
// read before cannot be read now.
bool compute_features(const FeatureSource& source, const data::Dataset& data,
                      std::span<const View> views, std::uint64_t seed,
                      const infer::Executor& executor, graph::NodeId output,
                      std::span<float> result);

// A transformed picture, or why there is none. Called from several threads at once.
using Load = std::function<base::Expected<image::Image>(std::size_t)>;
using Result = std::function<void(std::size_t, std::span<const float>)>;
using Failed = std::function<void(std::size_t, const std::string&)>;

// The features of `count` pictures, whatever they come from: `result(i, features)` for each that
// `load(i)` gives, `failed(i, reason)` for each that it does not, from several threads but never at
// once. Returns false where it was stopped.
bool compute_features(const FeatureSource& source, std::size_t count, const Load& load,
                      const infer::Executor& executor, graph::NodeId output, const Result& result,
                      const Failed& failed);

}  // namespace engraft::features
