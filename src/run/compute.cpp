#include "run/compute.h"

#include <fmt/format.h>

#include "base/parallel.h"
#include "cache/record_store.h"
#include "engraft/error.h"
#include "run/calibrate.h"

namespace engraft::run {
namespace {

std::string findings(const Calibration& calibration) {
  const double noise = 100 * calibration.noise;
  std::string text = fmt::format("int8 on {} pictures: cosine of features to fp32 {:.4f}, noise {}",
                                 calibration.pictures, calibration.cosine,
                                 noise > 100 ? "above 100 %" : fmt::format("{:.1f} %", noise));
  if (calibration.right_in_8_bits && calibration.right_in_float32) {
    const auto percent = [&](std::int64_t right) {
      return 100 * static_cast<double>(right) / static_cast<double>(calibration.pictures);
    };
    text +=
        fmt::format(", head by cross-validation {:.1f} % (fp32 {:.1f} %)",
                    percent(*calibration.right_in_8_bits), percent(*calibration.right_in_float32));
  }
  return text;
}

}  // namespace

int worker_count(const Settings& settings) {
  return settings.workers > 0 ? static_cast<int>(settings.workers) : base::usable_processors();
}

base::Path cache_folder(const Settings& settings) {
  return settings.no_cache ? base::Path() : cache::default_cache_folder();
}

void limit_cache(const Settings& settings) {
  if (settings.no_cache) return;
  cache::trim_cache(cache::default_cache_folder(), cache::default_cache_limit());
}

void note_processor(const base::Events& events) {
  if (const std::string text = infer::processor_note(); !text.empty()) note(events, text);
}

features::PlanChoice resolve_precision(const Settings& settings) {
  return features::plan_choice(settings.precision, settings.exact);
}

infer::ComputePlan plan_for(const model::Model& model, const Settings& settings,
                            const base::Events& events) {
  const features::ChosenPlan chosen = features::plan_for(model, resolve_precision(settings));
  if (!chosen.note.empty()) note(events, chosen.note);
  return chosen.plan;
}

transforms::LoadOptions load_options(const Settings& settings) {
  return {.exact = settings.exact_decode,
          .limits = {.max_pixels = settings.max_pixels,
                     .max_side = settings.max_side,
                     .max_bytes = settings.max_bytes}};
}

features::FeatureSource feature_source(const Settings& settings, const base::Events& events,
                                       const std::string& what) {
  features::FeatureSource source;
  source.workers = worker_count(settings);
  source.load = load_options(settings);
  source.stop_requested = events.stop;
  if (events.progress) {
    source.progress = [progress = events.progress, what](std::size_t done, std::size_t total) {
      progress(what, done, total);
    };
  }
  return source;
}

bool settle_int8(infer::ComputePlan& plan, const Settings& settings, const data::Dataset& data,
                 std::span<const std::size_t> samples, const model::Model& model, graph::NodeId cut,
                 const base::Events& events) {
  if (plan.precision != infer::Precision::kInt8 || !plan.ranges.empty()) return true;
  const auto give_up = [&] {
    Settings automatic = settings;
    automatic.precision = "auto";
    plan = plan_for(model, automatic, events);
  };
  if (cut == 0) {
    give_up();
    note(events, fmt::format("int8 is for what is frozen, and all layers learn: computing in {}",
                             to_string(plan.precision)));
    return true;
  }
  const Calibration calibration = calibrate(feature_source(settings, events, "calibrating 8 bits"),
                                            data, samples, model, cut, plan);
  if (!calibration.complete) return false;
  if (!calibration.computes_in_8_bits) {
    give_up();
    note(events,
         fmt::format("int8 is for convolutions behind the first where it is faster, and this "
                     "network has none: computing in {} instead",
                     to_string(plan.precision)));
    return true;
  }
  if (calibration.is_good()) {
    note(events, findings(calibration));
    if (!infer::has_native_int8()) {
      note(events, "this processor has no 8-bit dot products (VNNI): int8 gains little here");
    }
    plan.ranges = calibration.ranges;
    return true;
  }
  give_up();
  note(events, fmt::format("{}: too much is lost; computing in {} instead", findings(calibration),
                           to_string(plan.precision)));
  return true;
}

}  // namespace engraft::run
