#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <vector>

#include "api/predict/c_guard.h"
#include "base/version.h"
#include "engraft/predict.h"
#include "learn/softmax.h"

struct engraft_predictor {
  engraft::Predictor predictor;
};

namespace {

using engraft::api::guarded;
using engraft::api::require;

engraft::PredictOptions options_of(const engraft_predict_options* given) {
  const auto own = engraft::api::taken(given);
  engraft::PredictOptions options;
  if (own.precision != nullptr) options.precision = own.precision;
  options.exact = own.exact != 0;
  options.exact_decode = own.exact_decode != 0;
  options.workers = own.workers;
  options.keep_weights = own.keep_weights != 0;
  return options;
}

std::vector<engraft::Frame> frames_of(const engraft_frame* frames, std::size_t count) {
  std::vector<engraft::Frame> own;
  own.reserve(count);
  for (const engraft_frame& frame : std::span(frames, count)) {
    own.push_back({frame.pixels, frame.height, frame.width, frame.stride});
  }
  return own;
}

// Throws Error where the picture could not be read, or there is too little room.
engraft_status hand_over(std::span<const float> values, float* places, std::size_t count) {
  if (count < values.size()) {
    throw engraft::Error(std::to_string(values.size()) +
                         " numbers need as many places, but there are " + std::to_string(count));
  }
  std::ranges::copy(values, places);
  return ENGRAFT_OK;
}

engraft_status hand_over(const engraft::Prediction& prediction, const std::string& name,
                         float* places, std::size_t count) {
  if (!prediction.ok()) throw engraft::Error(name + ": " + prediction.error);
  return hand_over(prediction.logits, places, count);
}

}  // namespace

const char* engraft_version(void) {
  static const std::string version = engraft::base::version();
  return version.c_str();
}

void engraft_free(char* text) { std::free(text); }

engraft_status engraft_model_load(const char* path, engraft_model** model, char** error) {
  return guarded(error, [&]() -> engraft_status {
    require(path, "path");
    require(model, "model");
    engraft::Model loaded = engraft::load_model(path);
    std::string architecture = loaded.facts().architecture;
    *model = new engraft_model{std::move(loaded), std::move(architecture)};
    return ENGRAFT_OK;
  });
}

void engraft_model_free(engraft_model* model) { delete model; }

size_t engraft_model_class_count(const engraft_model* model) {
  return model == nullptr ? 0 : model->model.classes().size();
}

const char* engraft_model_class_name(const engraft_model* model, size_t index) {
  if (index >= engraft_model_class_count(model)) return nullptr;
  return model->model.classes()[index].c_str();
}

const char* engraft_model_architecture(const engraft_model* model) {
  return model == nullptr ? nullptr : model->architecture.c_str();
}

engraft_status engraft_predictor_new(const engraft_model* model,
                                     const engraft_predict_options* options,
                                     engraft_predictor** predictor, char** error) {
  return guarded(error, [&]() -> engraft_status {
    require(model, "model");
    require(predictor, "predictor");
    *predictor = new engraft_predictor{engraft::Predictor(model->model, options_of(options))};
    return ENGRAFT_OK;
  });
}

void engraft_predictor_free(engraft_predictor* predictor) { delete predictor; }

engraft_status engraft_predict_file(const engraft_predictor* predictor, const char* path,
                                    float* logits, size_t count, char** error) {
  return guarded(error, [&] {
    require(predictor, "predictor");
    require(path, "path");
    require(logits, "logits");
    const std::filesystem::path file(path);
    return hand_over(predictor->predictor.predict(file), path, logits, count);
  });
}

engraft_status engraft_predict_encoded(const engraft_predictor* predictor, const void* bytes,
                                       size_t byte_count, float* logits, size_t count,
                                       char** error) {
  return guarded(error, [&] {
    require(predictor, "predictor");
    require(bytes, "bytes");
    require(logits, "logits");
    const std::span file(static_cast<const std::byte*>(bytes), byte_count);
    return hand_over(predictor->predictor.predict_encoded(file), "the picture", logits, count);
  });
}

engraft_status engraft_predict_frames(const engraft_predictor* predictor,
                                      const engraft_frame* frames, size_t frame_count,
                                      float* logits, size_t count, char** error) {
  return guarded(error, [&]() -> engraft_status {
    require(predictor, "predictor");
    if (frame_count == 0) return ENGRAFT_OK;
    require(frames, "frames");
    require(logits, "logits");
    predictor->predictor.logits(frames_of(frames, frame_count), {logits, count});
    return ENGRAFT_OK;
  });
}

void engraft_softmax(const float* logits, size_t count, double* probabilities) {
  if (logits == nullptr || probabilities == nullptr || count == 0) return;
  // As learn::softmax(), without memory of its own, so that nothing can fail.
  const std::span<const float> all(logits, count);
  const double sum = engraft::learn::log_sum_exp(all);
  for (std::size_t k = 0; k < count; ++k) probabilities[k] = std::exp(all[k] - sum);
}

size_t engraft_predictor_feature_count(const engraft_predictor* predictor) {
  return predictor == nullptr ? 0 : predictor->predictor.feature_count();
}

engraft_status engraft_features_file(const engraft_predictor* predictor, const char* path,
                                     float* features, size_t count, char** error) {
  return guarded(error, [&] {
    require(predictor, "predictor");
    require(path, "path");
    require(features, "features");
    return hand_over(predictor->predictor.features(std::filesystem::path(path)), features, count);
  });
}

engraft_status engraft_features_frames(const engraft_predictor* predictor,
                                       const engraft_frame* frames, size_t frame_count,
                                       float* features, size_t count, char** error) {
  return guarded(error, [&]() -> engraft_status {
    require(predictor, "predictor");
    if (frame_count == 0) return ENGRAFT_OK;
    require(frames, "frames");
    require(features, "features");
    predictor->predictor.features(frames_of(frames, frame_count), {features, count});
    return ENGRAFT_OK;
  });
}
