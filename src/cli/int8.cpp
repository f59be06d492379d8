#include "cli/int8.h"

#include <fmt/format.h>

#include "base/interrupt.h"
#include "cli/recipe.h"
#include "engraft/error.h"
#include "run/calibrate.h"

namespace engraft::cli {
namespace {

std::string findings(const run::Calibration& calibration) {
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

bool settle_int8(infer::ComputePlan& plan, const SharedOptions& options, const data::Dataset& data,
                 std::span<const std::size_t> samples, const model::Model& model, graph::NodeId cut,
                 Console& console) {
  // With all layers learning, nothing is computed once for all.
  if (plan.precision != infer::Precision::kInt8 || !plan.ranges.empty() || cut == 0) return true;
  const auto give_up = [&] {
    SharedOptions automatic = options;
    automatic.precision = "auto";
    plan = plan_for(model, automatic, console);
  };
  features::FeatureSource source;
  source.workers = options.worker_count();
  source.exact_decode = options.exact_decode;
  source.stop_requested = base::interrupted;
  source.progress = [&](std::size_t done, std::size_t total) {
    console.progress("calibrating 8 bits", done, total);
  };
  const run::Calibration calibration = run::calibrate(source, data, samples, model, cut, plan);
  if (!calibration.complete) return false;
  if (!calibration.computes_in_8_bits) {
    give_up();
    console.note(
        fmt::format("int8 is for convolutions behind the first where it is faster, and this "
                    "network has none: computing in {} instead",
                    to_string(plan.precision)));
    return true;
  }
  if (calibration.is_good()) {
    console.note(findings(calibration));
    if (!infer::has_native_int8()) {
      console.note("this processor has no 8-bit dot products (VNNI): int8 gains little here");
    }
    plan.ranges = calibration.ranges;
    return true;
  }
  give_up();
  console.note(fmt::format("{}: too much is lost; computing in {} instead", findings(calibration),
                           to_string(plan.precision)));
  return true;
}

void require_ranges(const infer::ComputePlan& plan, const std::string& name) {
  if (plan.precision != infer::Precision::kInt8 || !plan.ranges.empty()) return;
  throw UsageError(
      fmt::format("--precision int8: {} was not trained with it, so that nothing is "
                  "known of its activations; train with --precision int8, or use fp32",
                  name));
}

}  // namespace engraft::cli
