// What is on pictures: a model's answers.
//
//   const engraft::Predictor predictor(engraft::load_model("best.safetensors"));
//   while (camera.next(pixels)) {
//     const auto seen = predictor.predict({.pixels = pixels, .height = 480, .width = 640});
//     const engraft::Answer best = engraft::likeliest(predictor.model(), seen)[0];
//     std::printf("%s %.1f %%\n", best.name.c_str(), 100 * best.probability);
//   }
//
// On one processor a picture's numbers are the same bits however it is asked for: alone or among
// others, with any number of threads, here or by `engraft predict`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engraft/export.h"
#include "engraft/frame.h"
#include "engraft/model.h"

namespace engraft {

// With the names and defaults of `engraft predict`'s options.
struct PredictOptions {
  // auto: as the model was trained; fp32, bf16, int8 (only for a model that was trained so).
  std::string precision = "auto";
  bool exact = false;         // compute convolutions as they are defined, though slower
  bool exact_decode = false;  // decode large JPEGs in full, for the very pixels that PIL gives
  int workers = 0;            // threads for several pictures at once; 0: one for each processor
  // Keep the network's rearranged weights in the cache ($ENGRAFT_CACHE, ~/.cache/engraft) and look
  // for them there, so that the next process is ready sooner. The command does; a library writes
  // nothing unasked.
  bool keep_weights = false;
};

// What the model says of one picture.
struct Prediction {
  std::vector<float> logits;          // in the order of Model::classes()
  std::vector<double> probabilities;  // their softmax
  std::string error;                  // why the picture cannot be read; the others are empty then

  bool ok() const { return error.empty(); }
};

// One of a model's classes for a picture.
struct Answer {
  std::size_t index = 0;  // among Model::classes()
  std::string name;
  double probability = 0;
};

// The `count` likeliest classes (all, where there are fewer), the likeliest first. Empty for a
// picture that could not be read. Throws Error where the prediction is not this model's.
ENGRAFT_API std::vector<Answer> likeliest(const Model& model, const Prediction& prediction,
                                          std::size_t count = 1);

// A model made ready once, by the first picture that it is asked for: its weights rearranged for
// this processor, its memory planned. That takes longer than a prediction; what follows builds
// nothing anew. Cheap to copy: copies share what was made. Members may be called from several
// threads at once.
//
// A single picture is computed on the calling thread, several are shared among `workers` threads.
// Calls throw Error only where it says so: a picture that cannot be read has its `error`.
class ENGRAFT_API Predictor {
 public:
  // Throws OptionError for a precision that the processor lacks, or that the model was not trained
  // for; Error where the model's network cannot be computed.
  explicit Predictor(const Model& model, const PredictOptions& options = {});

  const Model& model() const;

  // One picture: in memory; a file's path; a file's bytes (JPEG, PNG, WebP, GIF, TIFF, BMP, PNM).
  Prediction predict(const Frame& frame) const;
  Prediction predict(const std::filesystem::path& file) const;
  Prediction predict_encoded(std::span<const std::byte> file) const;

  // Several; answers in their order.
  std::vector<Prediction> predict(std::span<const Frame> frames) const;
  std::vector<Prediction> predict(std::span<const std::filesystem::path> files) const;

  // The logits of frames, one after another: `logits` has room for frames.size() × classes. For
  // loops that want no more than numbers. Throws Error for a frame that is none, or too little
  // room.
  void logits(std::span<const Frame> frames, std::span<float> logits) const;

  // What the frozen part of the network gives, which is what its head learnt from: feature_count()
  // numbers for a picture, feature_shape() C × H × W or C.
  std::vector<std::int64_t> feature_shape() const;
  std::size_t feature_count() const;

  // Of frames, one after another: `features` has room for frames.size() × feature_count(). Throws
  // Error as logits() does.
  void features(std::span<const Frame> frames, std::span<float> features) const;
  // Of one file. Throws Error where it cannot be read.
  std::vector<float> features(const std::filesystem::path& file) const;

 private:
  struct Implementation;
  std::shared_ptr<const Implementation> implementation_;
};

}  // namespace engraft
