#include "train/calibrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/cosine_similarity.h"
#include "base/random.h"
#include "engraft/error.h"
#include "train/probe.h"

namespace engraft {
namespace {

constexpr std::size_t kMost = 256;  // pictures
constexpr std::size_t kLeast = 32;

// A quarter of the pictures, spread evenly: those whose names' hashes are lowest, so that another
// picture more changes little.
std::vector<std::size_t> chosen(const Dataset& data, std::span<const std::size_t> samples) {
  std::vector<std::size_t> result(samples.begin(), samples.end());
  std::ranges::sort(result, {}, [&](std::size_t i) {
    return std::pair(mix_bits(data.samples[i].name), data.samples[i].name);
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

std::int64_t right(std::span<const float> features, const Shape& shape, std::span<const int> labels,
                   std::size_t classes, int workers) {
  return cross_validate(pooled(features, shape), labels, static_cast<int>(classes),
                        {.workers = workers})
      .right;
}

}  // namespace

bool Calibration::is_good() const {
  constexpr double kLeastCosine = 0.95;
  constexpr double kMostLost = 0.005;
  constexpr double kChance = 2;
  if (!right_in_8_bits || !right_in_float32) return cosine >= kLeastCosine;
  const auto lost = static_cast<double>(*right_in_float32 - *right_in_8_bits);
  return lost <= std::max(kChance, kMostLost * static_cast<double>(pictures));
}

Calibration calibrate(FeatureSource source, const Dataset& data,
                      std::span<const std::size_t> samples, const Model& model, NodeId cut,
                      const ExecutorOptions& compute) {
  source.pipeline = model.val_transforms;
  source.normalization = model.normalization;
  const std::vector<std::size_t> used = chosen(data, samples);
  std::vector<View> views;
  std::vector<int> labels;
  for (const std::size_t i : used) {
    views.push_back({i, 0});
    labels.push_back(data.samples[i].label);
  }
  const Size size = fixed_output_size(source.pipeline);
  const auto executor = [&](Precision precision, const Ranges& ranges) {
    ExecutorOptions options = compute;
    options.precision = precision;
    options.ranges = ranges;
    options.input_size = {size.height, size.width};
    return Executor(model.graph, model.parameters, {cut}, std::move(options));
  };

  Calibration result;
  result.pictures = std::ssize(used);
  const Executor in_float32 = executor(Precision::kFloat32, {});
  const Shape shape = in_float32.output_shape(cut);
  const auto row = static_cast<std::size_t>(element_count(shape));
  std::vector<float> wide(used.size() * row);
  std::vector<float> narrow(used.size() * row);
  source.ranges = &result.ranges;
  result.complete = compute_features(source, data, views, 0, in_float32, cut, wide);
  if (!result.complete) return result;
  const Executor in_8_bits = executor(Precision::kInt8, result.ranges);
  result.computes_in_8_bits = in_8_bits.computes_in_8_bits();
  source.ranges = nullptr;
  result.complete = compute_features(source, data, views, 0, in_8_bits, cut, narrow);
  if (!result.complete) return result;

  for (std::size_t i = 0; i < used.size(); ++i) {
    result.cosine += cosine_similarity(std::span(wide).subspan(i * row, row),
                                       std::span(narrow).subspan(i * row, row)) /
                     static_cast<double>(used.size());
  }
  constexpr std::size_t kFolds = 5;
  if (every_class_has(kFolds, labels, data.classes.size())) {
    result.right_in_float32 = right(wide, shape, labels, data.classes.size(), source.workers);
    result.right_in_8_bits = right(narrow, shape, labels, data.classes.size(), source.workers);
  }
  return result;
}

std::string to_json_text(const Ranges& ranges, const Graph& graph) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [value, range] : ranges) {
    json[graph.nodes[value].name] = {range.low, range.high};
  }
  return json.dump();
}

Ranges ranges_from_json_text(const std::string& text, const Graph& graph) {
  try {
    const auto by_name =
        nlohmann::json::parse(text).get<std::map<std::string, std::vector<float>>>();
    Ranges ranges;
    for (NodeId id = 0; id < graph.nodes.size(); ++id) {
      const auto found = by_name.find(graph.nodes[id].name);
      if (found == by_name.end()) continue;
      if (found->second.size() != 2) throw Error("its ranges for 8 bits are damaged");
      ranges[id] = {found->second[0], found->second[1]};
    }
    return ranges;
  } catch (const nlohmann::json::exception&) {
    throw Error("its ranges for 8 bits are damaged");
  }
}

}  // namespace engraft
