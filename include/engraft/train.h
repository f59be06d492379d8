// Training: class folders in, a run folder out.
//
//   const engraft::Run run = engraft::train("photos", {.model = "mobilenet_v2"});
//
// is `engraft train photos --model mobilenet_v2`: the same options with the same defaults, the same
// files, the same bits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "engraft/events.h"
#include "engraft/export.h"
#include "engraft/option.h"
#include "engraft/run.h"

namespace engraft {

// The options of `engraft train`, under their names; docs/options.md says what each may be. Texts
// that are empty by default stand for the network's own.
struct TrainOptions {
  std::filesystem::path output = {};                  // a new or empty folder; empty: runs/MODEL-N
  Option<std::string> model = Default{"resnet18"};    // of the zoo, or an .onnx file
  Option<std::string> weights = Default{"imagenet"};  // or a file, or "none"
  Option<std::string> train = Default{"head"};  // what learns: "head", "classifier.6.*", "all"
  Option<double> val_fraction = Default{0.2};   // held out where the data have no split
  Option<bool> stratify = Default{true};
  Option<std::int64_t> epochs = Default{10};
  Option<std::int64_t> batch = Default{32};
  // A number, or "auto": the best head at once. Left alone, that where a linear head learns and no
  // option of training step by step is given, else 0.0005.
  Option<NumberOrWord> lr = Default{""};
  Option<std::string> optimizer = Default{"adam"};  // adam, adamw, sgd, lbfgs
  Option<double> weight_decay = Default{0.0};
  Option<double> momentum = Default{0.9};  // of sgd
  Option<std::string> train_transforms = Default{""};
  Option<std::string> val_transforms = Default{""};
  Option<std::string> mean = Default{""};           // "0.485,0.456,0.406"
  Option<std::string> stddev = Default{""};         // "0.229,0.224,0.225"
  Option<std::string> normalize = Default{""};      // "none": pixel / 255 as it is
  Option<NumberOrWord> views = Default{"fresh"};    // random views of a picture, or N that are kept
  Option<std::int64_t> eval_every = Default{0};     // iterations; 0: once an epoch
  Option<double> stop_at = Default{0.0};            // validation accuracy in percent; 0: never
  Option<std::string> precision = Default{"auto"};  // auto, fp32, bf16, int8
  Option<std::string> device = Default{"auto"};
  Option<bool> exact = Default{false};
  Option<bool> exact_decode = Default{false};
  // A picture with more pixels, a longer side or a larger file is left out, with the reason.
  Option<std::int64_t> max_pixels = Default{178'956'970};
  Option<std::int64_t> max_side = Default{65'535};
  Option<std::int64_t> max_bytes = Default{std::int64_t{1} << 31};
  Option<std::int64_t> workers = Default{0};  // threads; 0: one for each processor
  Option<std::uint64_t> seed = Default{std::uint64_t{0}};
  Option<bool> no_cache = Default{false};      // neither use nor keep features of earlier runs
  Option<std::string> keep = Default{"both"};  // the models that are saved: both, best
  Option<bool> strict = Default{false};        // a picture that cannot be read is an error
};

// What a program can watch; any may be empty.
struct TrainEvents {
  Events shared = {};
  std::function<void(const Validation& validation)> validated = {};
};

// Trains on the pictures in `data`: class folders, or train/, val/ and test/ of class folders.
// Where shared.stop asks for it, it ends early and keeps what it has reached: results->stopped says
// "interrupted".
//
// Whatever is wrong with options, weights or the place to write to is said before the first picture
// is opened: OptionError for options that cannot be, else Error. Throws Error where it was stopped
// before anything was validated; then nothing is left behind.
ENGRAFT_API Run train(const std::filesystem::path& data, const TrainOptions& options = {},
                      const TrainEvents& events = {});

}  // namespace engraft
