// The one list of options: every setting of a training, and what other verbs share with it, with
// its name, default, range and sentence. Command line, recipe, run.json, the saved model, the
// report and docs/options.md are all made from visit_settings().
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace engraft::training {

// Who takes a setting; to be combined by |.
enum Verb : unsigned {
  kTrain = 1U << 0U,
  kEval = 1U << 1U,
  kPredict = 1U << 2U,
  kFeatures = 1U << 3U,
  kCompare = 1U << 4U,
  kCheck = 1U << 5U,
  kGrid = 1U << 6U,
  kDemo = 1U << 7U,
};

struct Bounds {
  double low = 0;
  double high = std::numeric_limits<double>::infinity();
  bool low_included = true;
};

// What is to be known of a setting beside its value.
struct Setting {
  std::string_view name;      // "val-fraction"
  std::string_view value;     // what stands for its value in help texts: "X"; empty for a flag
  std::string_view sentence;  // what it means
  unsigned verbs = 0;
  std::optional<Bounds> bounds = {};           // of a number
  std::vector<std::string_view> choices = {};  // all that a text may be; empty: anything
  std::vector<std::string_view> words = {};    // what may stand in place of a number: "auto"
  bool whole = false;                          // that number has no fraction
};

struct Settings {
  std::string model = "resnet18";
  std::string weights = "imagenet";
  std::string classes;  // names for those of a network without; empty: numbers
  std::string train = "head";
  double val_fraction = 0.2;
  bool stratify = true;
  std::int64_t epochs = 10;
  std::int64_t batch = 32;
  std::string lr;  // a number, or "auto"; empty: what the method's own is
  std::string optimizer = "adam";
  double weight_decay = 0;
  double momentum = 0.9;
  std::string train_transforms;  // empty: the backbone's own
  std::string val_transforms;
  std::string mean;  // empty, as the next two: the network's
  std::string stddev;
  std::string normalize;
  std::string views = "fresh";  // or a number
  std::int64_t eval_every = 0;  // 0: once an epoch
  double stop_at = 0;           // percent; 0: never
  std::string precision = "auto";
  std::string device = "auto";
  bool exact = false;
  bool exact_decode = false;
  std::int64_t max_pixels = 178'956'970;
  std::int64_t max_side = 65'535;
  std::int64_t max_bytes = std::int64_t{1} << 31;
  std::int64_t workers = 0;  // 0: one for each processor
  std::uint64_t seed = 0;
  bool no_cache = false;
  std::string keep = "both";
  bool strict = false;

  std::set<std::string, std::less<>> given;  // names of those that were not left at their default

  bool is_given(std::string_view name) const { return given.contains(name); }
};

// Calls visit(Setting, member) for each, in the order of help texts. `S` is Settings or const
// Settings.
template <class S, class Visit>
void visit_settings(S& settings, Visit&& visit) {
  constexpr unsigned kModels = kTrain | kEval | kPredict | kFeatures | kCompare;
  constexpr unsigned kPictures = kModels | kCheck | kGrid;
  visit(Setting{"model", "NAME", "the backbone (engraft models lists them), or an .onnx file",
                kTrain | kFeatures | kGrid},
        settings.model);
  visit(Setting{"weights", "imagenet|FILE[:KEY]|none",
                "where parameters come from: imagenet, a published name, a .pth or .safetensors "
                "file (KEY: one of several networks in it), or none (random)",
                kModels},
        settings.weights);
  visit(
      Setting{"classes", "A,B,...|FILE",
              "class names of a network that has none, in the order of its outputs; in a file: one "
              "a line, or JSON",
              kEval | kPredict},
      settings.classes);
  visit(
      Setting{
          "train", "PATTERN,...",
          "what learns: head, or parameters of the last layers by name (classifier.6.weight, fc.*)",
          kTrain | kFeatures},
      settings.train);
  visit(Setting{"val-fraction", "X", "share held out where DATA has no split of its own", kTrain,
                Bounds{0.001, 0.999}},
        settings.val_fraction);
  visit(Setting{"stratify", "", "keep every class's share on both sides; else chance alone decides",
                kTrain},
        settings.stratify);
  visit(Setting{"epochs", "N", "passes over the training pictures", kTrain, Bounds{1, 1e6}},
        settings.epochs);
  visit(Setting{"batch", "N", "pictures in a batch; outside of train it changes no number", kModels,
                Bounds{1, 1 << 20}},
        settings.batch);
  visit(Setting{.name = "lr",
                .value = "auto|X",
                .sentence = "learning rate; auto: the best head by L-BFGS, regularised by "
                            "cross-validation, on pictures as validation sees them (the default "
                            "where only a linear or 1 x 1 convolutional head learns and no option "
                            "of the step-by-step method is given, else 0.0005)",
                .verbs = kTrain,
                .bounds = Bounds{1e-30, 1e30},
                .words = {"auto"}},
        settings.lr);
  visit(Setting{.name = "optimizer",
                .value = "adam|adamw|sgd|lbfgs",
                .sentence = "as PyTorch defines them",
                .verbs = kTrain,
                .choices = {"adam", "adamw", "sgd", "lbfgs"}},
        settings.optimizer);
  visit(Setting{"weight-decay", "X", "as the optimizer defines it", kTrain, Bounds{0, 1e30}},
        settings.weight_decay);
  visit(Setting{"momentum", "X", "of sgd", kTrain, Bounds{0, 1}}, settings.momentum);
  visit(Setting{"train-transforms", "SPEC",
                "for training pictures, e.g. \"random_resized_crop(224) hflip\"", kTrain | kGrid},
        settings.train_transforms);
  visit(Setting{"val-transforms", "SPEC",
                "how pictures are prepared, e.g. \"resize(256) center_crop(224)\"",
                kTrain | kEval | kPredict | kFeatures | kGrid},
        settings.val_transforms);
  visit(Setting{"mean", "R,G,B",
                "what is subtracted from pixel / 255, where a network wants other numbers than its "
                "table says; with --std",
                kModels},
        settings.mean);
  visit(Setting{"std", "R,G,B", "what that is divided by", kModels}, settings.stddev);
  visit(Setting{.name = "normalize",
                .value = "none",
                .sentence = "pixel / 255 as it is: mean 0, std 1",
                .verbs = kModels,
                .choices = {"none"}},
        settings.normalize);
  visit(Setting{.name = "views",
                .value = "fresh|N",
                .sentence =
                    "fresh random views of each picture every epoch, or N that are kept and reused",
                .verbs = kTrain,
                .bounds = Bounds{1, 10'000},
                .words = {"fresh"},
                .whole = true},
        settings.views);
  visit(Setting{"eval-every", "N", "iterations between validations (default once an epoch)", kTrain,
                Bounds{1, 1 << 30}},
        settings.eval_every);
  visit(Setting{"stop-at", "ACC", "stop when validation accuracy, in percent, reaches this", kTrain,
                Bounds{0, 100, false}},
        settings.stop_at);
  visit(Setting{.name = "precision",
                .value = "auto|fp32|bf16|int8",
                .sentence = "of the frozen part; auto: bf16 where the processor computes it "
                            "natively, else fp32; int8: 8-bit convolutions, calibrated on the "
                            "training pictures",
                .verbs = kModels,
                .choices = {"auto", "fp32", "bf16", "int8"}},
        settings.precision);
  visit(Setting{.name = "device",
                .value = "auto|cpu",
                .sentence = "where to compute",
                .verbs = kModels,
                .choices = {"auto", "cpu"}},
        settings.device);
  visit(Setting{"exact", "",
                "compute convolutions in fp32 as they are defined, where other ways are faster but "
                "round differently",
                kModels},
        settings.exact);
  visit(Setting{"exact-decode", "",
                "decode large JPEGs in full, for the very pixels that PIL gives", kModels},
        settings.exact_decode);
  visit(Setting{"max-pixels", "N",
                "a picture of more pixels is left out; so is a JPEG whose scans go more than 20 "
                "times over as many",
                kPictures, Bounds{1, 4294836225.0}},
        settings.max_pixels);
  visit(Setting{"max-side", "N", "a picture with a longer side is left out", kPictures,
                Bounds{1, 65'535}},
        settings.max_side);
  visit(Setting{"max-bytes", "N",
                "a picture is left out whose file has more bytes, or whose decoding takes more "
                "memory; each thread has one at a time",
                kPictures, Bounds{1, 1e15}},
        settings.max_bytes);
  visit(Setting{"workers", "N", "threads (default one for each processor)",
                kModels | kCheck | kDemo, Bounds{0, 1024}},
        settings.workers);
  visit(Setting{"seed", "N", "of everything that is random", kTrain | kCompare | kGrid | kDemo,
                Bounds{0, 18446744073709551615.0}},
        settings.seed);
  visit(Setting{"no-cache", "", "neither use nor keep features of earlier runs (engraft cache)",
                kModels},
        settings.no_cache);
  visit(Setting{.name = "keep",
                .value = "both|best",
                .sentence = "the models that a run saves: the best and the last, or the best alone",
                .verbs = kTrain,
                .choices = {"both", "best"}},
        settings.keep);
  visit(Setting{"strict", "", "make a picture that cannot be read an error", kModels},
        settings.strict);
}

// Sets what the command line or a recipe gives as a text, and notes it as given; flags take "true"
// and "false". Throws OptionError that names the option, its value and what it may be.
void set_setting(Settings& settings, std::string_view name, const std::string& text);

// The value as set_setting() takes it: "0.2"; of a flag "true" or "false".
std::string setting_text(const Settings& settings, std::string_view name);

// Every setting under its name with _ for -, numbers as numbers; and the names of those given.
nlohmann::json to_json(const Settings& settings);

// What to_json() gave. Settings that are absent keep their defaults; those of a newer program are
// passed over. Throws Error for values of another kind.
Settings settings_from_json(const nlohmann::json& json);

}  // namespace engraft::training
