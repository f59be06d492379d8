// How good a model is on labelled pictures, and a backbone's features of them as a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "engraft/events.h"
#include "engraft/export.h"
#include "engraft/model.h"
#include "engraft/option.h"
#include "engraft/run.h"

namespace engraft {

// The options of `engraft eval` that are not the model's own.
struct EvaluateOptions {
  // train, val, test, all; auto: test where the data have it, else val, else all. Where the model
  // is a run's, that was trained on these pictures, the sides that are asked for are the run's.
  std::string split = "auto";
  Option<std::string> precision = Default{"auto"};
  Option<std::string> device = Default{"auto"};
  Option<bool> exact = Default{false};
  Option<bool> exact_decode = Default{false};
  // A picture with more pixels, a longer side or a larger file is left out, with the reason.
  Option<std::int64_t> max_pixels = Default{178'956'970};
  Option<std::int64_t> max_side = Default{65'535};
  Option<std::int64_t> max_bytes = Default{std::int64_t{1} << 31};
  Option<std::int64_t> workers = Default{0};
  Option<bool> no_cache = Default{false};
  Option<bool> strict = Default{false};
};

struct Evaluation {
  Metrics metrics;
  std::int64_t pictures = 0;
  std::int64_t skipped = 0;  // files that could not be read
  // Where some of the pictures are those that the model was trained on: how many, and the figures
  // of the others.
  std::int64_t trained_on = 0;
  std::optional<Metrics> unseen;
};

// Nothing where it was stopped. Throws Error; OptionError for options that cannot be.
ENGRAFT_API std::optional<Evaluation> evaluate(const Model& model,
                                               const std::filesystem::path& data,
                                               const EvaluateOptions& options = {},
                                               const Events& events = {});

// The options of `engraft features`.
struct FeatureOptions {
  Option<std::string> model = Default{"resnet18"};  // or a saved one
  Option<std::string> weights = Default{"imagenet"};
  Option<std::string> train = Default{"head"};  // features are cut before what this says
  Option<std::int64_t> batch = Default{32};     // changes no number
  Option<std::string> val_transforms = Default{""};
  Option<std::string> mean = Default{""};
  Option<std::string> stddev = Default{""};
  Option<std::string> normalize = Default{""};
  Option<std::string> precision = Default{"auto"};
  Option<std::string> device = Default{"auto"};
  Option<bool> exact = Default{false};
  Option<bool> exact_decode = Default{false};
  // A picture with more pixels, a longer side or a larger file is left out, with the reason.
  Option<std::int64_t> max_pixels = Default{178'956'970};
  Option<std::int64_t> max_side = Default{65'535};
  Option<std::int64_t> max_bytes = Default{std::int64_t{1} << 31};
  Option<std::int64_t> workers = Default{0};
  Option<bool> no_cache = Default{false};
  Option<bool> strict = Default{false};
};

// What was written.
struct WrittenFeatures {
  std::vector<std::string> pictures;  // names in the order of the rows
  std::vector<std::int64_t> shape;    // pictures × C × H × W, or pictures × C
  std::string cut;                    // the node that they are the values of
};

// Writes the features of every picture in `data` to a .npy or .safetensors file: the whole file or
// none. Nothing where it was stopped. Throws Error; OptionError for options that cannot be.
ENGRAFT_API std::optional<WrittenFeatures> write_features(const std::filesystem::path& data,
                                                          const std::filesystem::path& file,
                                                          const FeatureOptions& options = {},
                                                          const Events& events = {});

}  // namespace engraft
