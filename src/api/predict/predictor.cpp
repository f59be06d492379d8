#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "api/predict/implementation.h"
#include "base/parallel.h"
#include "cache/record_store.h"
#include "engraft/error.h"
#include "engraft/predict.h"
#include "features/plan_for.h"
#include "image/decode.h"
#include "infer/compute_plan.h"
#include "learn/softmax.h"
#include "prediction/predictor.h"

namespace engraft {
namespace {

prediction::Predictor made_ready(const Model& model, const PredictOptions& options) {
  if (options.workers < 0) {
    throw OptionError(
        fmt::format("workers {}: must be a whole number of at least 0", options.workers));
  }
  const features::PlanChoice choice = features::plan_choice(options.precision, options.exact);
  const model::Model& own = model.implementation().model;
  const infer::ComputePlan plan = features::plan_for(own, choice).plan;
  features::require_ranges(plan, own.graph.architecture);
  const base::Path cache = options.keep_weights ? cache::default_cache_folder() : base::Path();
  prediction::Predictor predictor(
      own, {.plan = plan,
            .workers = options.workers > 0 ? options.workers : base::usable_processors(),
            .load = {.exact = options.exact_decode},
            .weights_cache = cache});
  if (!cache.empty()) cache::trim_cache(cache, cache::default_cache_limit());
  return predictor;
}

// The frame as a picture of our own, or what is wrong with it.
base::Expected<image::Image> picture_of(const Frame& frame) {
  const image::Limits limits;
  const auto row_bytes = static_cast<std::ptrdiff_t>(frame.width) * 3;
  const std::ptrdiff_t stride = frame.stride == 0 ? row_bytes : frame.stride;
  if (frame.pixels == nullptr) return base::Problem{"a frame without pixels"};
  if (frame.height < 1 || frame.width < 1 || frame.height > limits.max_side ||
      frame.width > limits.max_side ||
      std::int64_t{frame.height} * frame.width > limits.max_pixels) {
    return base::Problem{fmt::format("a frame of {} × {} pixels", frame.height, frame.width)};
  }
  if (std::abs(stride) < row_bytes) {
    return base::Problem{fmt::format("a frame whose rows of {} pixels are only {} bytes apart",
                                     frame.width, std::abs(stride))};
  }
  image::Image picture(frame.height, frame.width);
  for (int y = 0; y < frame.height; ++y) {
    std::copy_n(frame.pixels + y * stride, row_bytes, picture.row(y));
  }
  return picture;
}

base::Expected<image::Image> load(const prediction::Predictor& predictor, const Frame& frame) {
  base::Expected<image::Image> picture = picture_of(frame);
  return picture ? predictor.load(*std::move(picture)) : picture;
}

std::vector<Prediction> predictions(const prediction::Predictor& predictor, std::size_t count,
                                    const features::Load& load_one) {
  std::vector<Prediction> all(count);
  predictor.logits(
      count, load_one,
      [&](std::size_t i, std::span<const float> logits) {
        all[i].logits.assign(logits.begin(), logits.end());
        all[i].probabilities = learn::softmax(logits);
      },
      [&](std::size_t i, const std::string& reason) { all[i].error = reason; });
  return all;
}

void require_room(std::size_t places, std::size_t needed, const char* what) {
  if (places >= needed) return;
  throw Error(fmt::format("{} {} need as many places, but there are {}", needed, what, places));
}

// Copies each frame's values to its place; throws for the first that gives none.
class Rows {
 public:
  Rows(std::span<float> values, std::size_t size) : values_(values), size_(size) {}

  void take(std::size_t i, std::span<const float> row) {
    std::ranges::copy(row, values_.subspan(i * size_, size_).begin());
  }
  void fail(std::size_t i, const std::string& reason) {
    if (problem_.empty() || i < failed_) problem_ = reason, failed_ = i;
  }
  void require_all() const {
    if (!problem_.empty()) throw Error(fmt::format("frame {}: {}", failed_, problem_));
  }

 private:
  std::span<float> values_;
  std::size_t size_;
  std::size_t failed_ = 0;
  std::string problem_;
};

}  // namespace

struct Predictor::Implementation {
  Model model;
  prediction::Predictor predictor;
};

std::vector<Answer> likeliest(const Model& model, const Prediction& prediction, std::size_t count) {
  const std::size_t classes = model.classes().size();
  if (prediction.ok() && prediction.probabilities.size() != classes) {
    throw Error(fmt::format("a prediction of {} classes, but the model has {}",
                            prediction.probabilities.size(), classes));
  }
  std::vector<Answer> answers;
  for (const std::size_t k : learn::largest(prediction.probabilities, count)) {
    answers.push_back({k, model.classes()[k], prediction.probabilities[k]});
  }
  return answers;
}

Predictor::Predictor(const Model& model, const PredictOptions& options)
    : implementation_(std::make_shared<const Implementation>(
          Implementation{model, made_ready(model, options)})) {}

const Model& Predictor::model() const { return implementation_->model; }

Prediction Predictor::predict(const Frame& frame) const { return predict(std::span(&frame, 1))[0]; }

Prediction Predictor::predict(const std::filesystem::path& file) const {
  return predict(std::span(&file, 1))[0];
}

Prediction Predictor::predict_encoded(std::span<const std::byte> file) const {
  const prediction::Predictor& predictor = implementation_->predictor;
  return predictions(predictor, 1, [&](std::size_t) { return predictor.load(file); })[0];
}

std::vector<Prediction> Predictor::predict(std::span<const Frame> frames) const {
  const prediction::Predictor& predictor = implementation_->predictor;
  return predictions(predictor, frames.size(),
                     [&](std::size_t i) { return load(predictor, frames[i]); });
}

std::vector<Prediction> Predictor::predict(std::span<const std::filesystem::path> files) const {
  const prediction::Predictor& predictor = implementation_->predictor;
  return predictions(predictor, files.size(),
                     [&](std::size_t i) { return predictor.load(files[i]); });
}

void Predictor::logits(std::span<const Frame> frames, std::span<float> logits) const {
  const prediction::Predictor& predictor = implementation_->predictor;
  const std::size_t classes = model().classes().size();
  require_room(logits.size(), frames.size() * classes, "logits");
  Rows rows(logits, classes);
  predictor.logits(
      frames.size(), [&](std::size_t i) { return load(predictor, frames[i]); },
      [&](std::size_t i, std::span<const float> row) { rows.take(i, row); },
      [&](std::size_t i, const std::string& reason) { rows.fail(i, reason); });
  rows.require_all();
}

std::vector<std::int64_t> Predictor::feature_shape() const {
  return implementation_->predictor.feature_shape();
}

std::size_t Predictor::feature_count() const {
  return static_cast<std::size_t>(base::element_count(implementation_->predictor.feature_shape()));
}

void Predictor::features(std::span<const Frame> frames, std::span<float> features) const {
  const prediction::Predictor& predictor = implementation_->predictor;
  require_room(features.size(), frames.size() * feature_count(), "features");
  Rows rows(features, feature_count());
  predictor.features(
      frames.size(), [&](std::size_t i) { return load(predictor, frames[i]); },
      [&](std::size_t i, std::span<const float> row) { rows.take(i, row); },
      [&](std::size_t i, const std::string& reason) { rows.fail(i, reason); });
  rows.require_all();
}

std::vector<float> Predictor::features(const std::filesystem::path& file) const {
  const prediction::Predictor& predictor = implementation_->predictor;
  std::vector<float> features(feature_count());
  predictor.features(
      1, [&](std::size_t) { return predictor.load(file); },
      [&](std::size_t, std::span<const float> row) { std::ranges::copy(row, features.begin()); },
      [&](std::size_t, const std::string& reason) {
        throw Error(fmt::format("{}: {}", file.string(), reason));
      });
  return features;
}

}  // namespace engraft
