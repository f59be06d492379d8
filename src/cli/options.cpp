#include "cli/options.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/interrupt.h"
#include "base/parallel.h"
#include "cache/record_store.h"
#include "cli/recipe.h"
#include "model/pretrained.h"
#include "zoo/zoo.h"

namespace engraft::cli {
namespace {

constexpr std::size_t kListedSkipped = 20;

}  // namespace

int SharedOptions::worker_count() const {
  return workers > 0 ? workers : base::usable_processors();
}

void add_weights(CLI::App& command, SharedOptions& options) {
  command
      .add_option("--weights", options.weights,
                  "where parameters come from: imagenet, a published name, a .pth or "
                  ".safetensors file, or none (random)")
      ->type_name("imagenet|FILE|none")
      ->capture_default_str();
}

void add_val_transforms(CLI::App& command, SharedOptions& options) {
  command
      .add_option("--val-transforms", options.val_transforms,
                  "how pictures are prepared, e.g. \"resize(256) center_crop(224)\"")
      ->type_name("SPEC");
}

void add_compute(CLI::App& command, SharedOptions& options) {
  command
      .add_option(
          "--precision", options.precision,
          "of the frozen part; auto: bf16 where the processor computes it natively, else fp32; "
          "int8: 8-bit convolutions, calibrated on the training pictures")
      ->check(CLI::IsMember({"auto", "fp32", "bf16", "int8"}))
      ->capture_default_str();
  command.add_option("--device", options.device, "where to compute")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  command.add_option("--batch", options.batch, "pictures in a batch")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command.add_flag("--exact", options.exact,
                   "compute convolutions in fp32 as they are defined, where other ways are faster "
                   "but round differently");
  command.add_flag("--exact-decode", options.exact_decode,
                   "decode large JPEGs in full, for the very pixels that PIL gives");
  command.add_option("--workers", options.workers, "threads (default one for each processor)")
      ->check(CLI::Range(0, 1024));
}

void add_cache_use(CLI::App& command, SharedOptions& options) {
  command.add_flag("--no-cache", options.no_cache,
                   "neither use nor keep features of earlier runs (engraft cache)");
}

base::Path SharedOptions::cache_folder() const {
  return no_cache ? base::Path() : cache::default_cache_folder();
}

void limit_cache(const SharedOptions& options) {
  if (!options.no_cache)
    cache::trim_cache(cache::default_cache_folder(), cache::default_cache_limit());
}

void add_seed(CLI::App& command, SharedOptions& options) {
  command.add_option("--seed", options.seed, "of everything that is random")->capture_default_str();
}

void add_json(CLI::App& command, SharedOptions& options) {
  command.add_flag("--json", options.json, "one JSON document on standard output");
}

void add_strict(CLI::App& command, SharedOptions& options) {
  command.add_flag("--strict", options.strict, "make a picture that cannot be read an error");
}

features::PlanChoice resolve_precision(const SharedOptions& options) {
  features::PlanChoice choice{.exact = options.exact};
  if (options.precision == "int8") choice.precision = infer::Precision::kInt8;
  if (options.precision == "fp32") choice.precision = infer::Precision::kFloat32;
  if (options.precision == "bf16") {
    if (!infer::has_native_bfloat16()) {
      throw UsageError(
          "--precision bf16: this processor has no bfloat16 arithmetic; use fp32 or auto");
    }
    choice.precision = infer::Precision::kBFloat16;
  }
  return choice;
}

infer::ComputePlan plan_for(const model::Model& model, const SharedOptions& options,
                            Console& console) {
  const features::ChosenPlan chosen = features::plan_for(model, resolve_precision(options));
  if (!chosen.note.empty()) console.note(chosen.note);
  return chosen.plan;
}

std::string resolve_device(const SharedOptions& options) {
  if (options.device == "cuda") {
    throw UsageError("--device cuda: this build computes on the processor only; use cpu or auto");
  }
  return "cpu";
}

model::Model open_model(const std::string& name, const SharedOptions& options, Console& console) {
  namespace fs = std::filesystem;
  model::Model model;
  if (fs::is_directory(name)) {
    const base::Path best = base::Path(name) / "best.safetensors";
    if (!fs::exists(best)) throw Error(name + ": a folder without best.safetensors is no run");
    model = model::load_model(best);
  } else if (!model::is_onnx(name) && (fs::exists(name) || name.find('/') != std::string::npos ||
                                       name.ends_with(".safetensors"))) {
    model = model::load_model(name);
  } else {
    model::PretrainedOptions pretrained;
    pretrained.weights = options.weights;
    pretrained.seed = options.seed;
    pretrained.note = [&](const std::string& text) { console.note(text); };
    pretrained.progress = [&](std::uint64_t done, std::uint64_t total) {
      console.progress("downloading", done, total);
      return !base::interrupted();
    };
    model = model::pretrained_model(name, pretrained);
  }
  if (!options.val_transforms.empty()) {
    model.val_transforms = parse_pipeline_option("--val-transforms", options.val_transforms);
  }
  return model;
}

data::Dataset open_dataset(const base::Path& path, const SharedOptions& options, Console& console) {
  data::Dataset data = data::scan_dataset(path);
  data::CheckOptions check;
  check.workers = options.worker_count();
  check.strict = options.strict;
  check.cache = options.cache_folder();
  check.progress = [&](std::size_t done, std::size_t total) {
    console.progress("opening pictures", done, total);
  };
  data::check_images(data, check);
  if (!data.skipped.empty()) {
    console.note(fmt::format("{} left out:", data.skipped.size()));
    for (std::size_t i = 0; i < std::min(data.skipped.size(), kListedSkipped); ++i) {
      console.note(fmt::format("  {}: {}", data.skipped[i].name, data.skipped[i].reason));
    }
    if (data.skipped.size() > kListedSkipped) {
      console.note(fmt::format("  and {} more (engraft check {} lists all)",
                               data.skipped.size() - kListedSkipped, path.string()));
    }
  }
  return data;
}

transforms::Pipeline parse_pipeline_option(const std::string& option, const std::string& text) {
  try {
    return transforms::parse_pipeline(text);
  } catch (const Error& error) {
    throw UsageError(fmt::format("{}: {}", option, error.what()));
  }
}

}  // namespace engraft::cli
