#include "run/calibrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/cosine_similarity.h"
#include "base/random.h"
#include "engraft/error.h"
#include "learn/cross_validation.h"

namespace engraft::run {
namespace {

constexpr std::size_t kMost = 256;  // pictures
constexpr std::size_t kLeast = 32;
constexpr std::size_t kFirst = 64;  // where these are enough, no more are looked at

// Of what differs between pictures, so little cannot change what a head makes of them.
constexpr double kLittleNoise = 0.01;

// A quarter of the pictures, spread evenly: those whose names' hashes are lowest, so that another
// picture more changes little.
std::vector<std::size_t> chosen(const data::Dataset& data, std::span<const std::size_t> samples) {
  std::vector<std::size_t> result(samples.begin(), samples.end());
  std::ranges::sort(result, {}, [&](std::size_t i) {
    return std::pair(base::mix_bits(data.samples[i].name), data.samples[i].name);
  });
  const std::size_t most =
      std::clamp<std::size_t>(std::min(kMost, samples.size() / 4), kLeast, kMost);
  result.resize(std::min(result.size(), most));
  return result;
}

bool every_class_has(std::size_t least, std::span<const int> labels, std::size_t classes) {
  std::vector<std::size_t> counts(classes, 0);
  for (const int label : labels) ++counts[static_cast<std::size_t>(label)];
  return std::ranges::all_of(counts, [&](std::size_t count) { return count >= least; });
}

std::int64_t right(std::span<const float> features, const base::Shape& shape,
                   std::span<const int> labels, std::size_t classes, int workers) {
  const std::vector<float> rows = learn::pooled(features, shape);
  const auto channels = std::ssize(rows) / std::max<std::int64_t>(std::ssize(labels), 1);
  return learn::cross_validate({.channels = channels,
                                .features = rows,
                                .labels = labels,
                                .classes = static_cast<int>(classes)},
                               {.workers = workers})
      .right;
}

// Features of both kinds, `row` numbers a picture.
void compare(std::span<const float> wide, std::span<const float> narrow, std::size_t row,
             Calibration& result) {
  const double pictures = static_cast<double>(wide.size()) / static_cast<double>(row);
  std::vector<double> mean(row, 0);
  for (std::size_t begin = 0; begin < wide.size(); begin += row) {
    for (std::size_t i = 0; i < row; ++i) mean[i] += wide[begin + i] / pictures;
  }
  double between = 0;
  double lost = 0;
  for (std::size_t begin = 0; begin < wide.size(); begin += row) {
    for (std::size_t i = 0; i < row; ++i) {
      const double signal = wide[begin + i] - mean[i];
      const double error = wide[begin + i] - narrow[begin + i];
      between += signal * signal;
      lost += error * error;
    }
  }
  result.noise = between > 0 ? lost / between : 1;
  result.cosine = 0;
  for (std::size_t begin = 0; begin < wide.size(); begin += row) {
    result.cosine +=
        base::cosine_similarity(wide.subspan(begin, row), narrow.subspan(begin, row)) / pictures;
  }
}

}  // namespace

bool Calibration::is_good() const {
  constexpr double kLeastCosine = 0.95;
  constexpr double kMostLost = 0.005;
  constexpr double kChance = 2;
  if (noise <= kLittleNoise) return true;
  if (!right_in_8_bits || !right_in_float32) return cosine >= kLeastCosine;
  const auto lost = static_cast<double>(*right_in_float32 - *right_in_8_bits);
  return lost <= std::max(kChance, kMostLost * static_cast<double>(pictures));
}

Calibration calibrate(features::FeatureSource source, const data::Dataset& data,
                      std::span<const std::size_t> samples, const model::Model& model,
                      graph::NodeId cut, const infer::ComputePlan& plan) {
  source.pipeline = model.val_transforms;
  source.normalization = model.normalization;
  const std::vector<std::size_t> used = chosen(data, samples);
  std::vector<features::View> views;
  std::vector<int> labels;
  for (const std::size_t i : used) {
    views.push_back({i, 0});
    labels.push_back(data.samples[i].label);
  }
  infer::ExecutorOptions options{.plan = infer::exact_plan(infer::Precision::kFloat32),
                                 .input_size = features::fixed_output_size(source.pipeline)};
  const infer::Executor in_float32(model.graph, model.parameters, {cut}, options);
  options.plan = plan;

  Calibration result;
  const base::Shape shape = in_float32.output_shape(cut);
  const auto row = static_cast<std::size_t>(base::element_count(shape));
  std::vector<float> wide(used.size() * row);
  std::vector<float> narrow(used.size() * row);
  const auto measure_to = [&](std::size_t count) {
    const auto known = static_cast<std::size_t>(result.pictures);
    result.pictures = static_cast<std::int64_t>(count);
    const auto features_of = [&](const infer::Executor& network, std::size_t begin,
                                 std::span<float> features) {
      return features::compute_features(source, data,
                                        std::span(views).subspan(begin, count - begin), 0, network,
                                        cut, features.subspan(begin * row, (count - begin) * row));
    };
    source.ranges = &options.plan.ranges;
    if (!features_of(in_float32, known, wide)) return false;
    source.ranges = nullptr;
    const infer::Executor in_8_bits(model.graph, model.parameters, {cut}, options);
    result.ranges = options.plan.ranges;
    result.computes_in_8_bits = in_8_bits.computes_in_8_bits();
    if (!features_of(in_8_bits, 0, narrow)) return false;
    compare(std::span(wide).first(count * row), std::span(narrow).first(count * row), row, result);
    return true;
  };
  result.complete = measure_to(std::min(used.size(), kFirst));
  if (!result.complete || result.noise <= kLittleNoise) return result;
  if (used.size() > kFirst) result.complete = measure_to(used.size());
  if (!result.complete) return result;
  constexpr std::size_t kFolds = 5;
  if (every_class_has(kFolds, labels, data.classes.size())) {
    result.right_in_float32 = right(wide, shape, labels, data.classes.size(), source.workers);
    result.right_in_8_bits = right(narrow, shape, labels, data.classes.size(), source.workers);
  }
  return result;
}

}  // namespace engraft::run
