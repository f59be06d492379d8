#include "train/calibrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/parallel.h"
#include "base/random.h"
#include "engraft/error.h"
#include "train/probe.h"

namespace engraft {
namespace {

constexpr std::size_t kMost = 256;                // pictures
constexpr std::size_t kPictureBytes = 200 << 20;  // that they may take together
constexpr std::size_t kLeast = 32;

// A quarter of the pictures, spread evenly: those whose names' hashes are lowest, so that another
// picture more changes little.
std::vector<std::size_t> chosen(const Dataset& data, std::span<const std::size_t> samples,
                                std::size_t picture_bytes) {
  std::vector<std::size_t> result(samples.begin(), samples.end());
  std::ranges::sort(result, {}, [&](std::size_t i) {
    return std::pair(mix_bits(data.samples[i].name), data.samples[i].name);
  });
  const std::size_t most =
      std::clamp<std::size_t>(std::min(kMost, samples.size() / 4), kLeast, kMost);
  result.resize(std::min({result.size(), most, std::max(kLeast, kPictureBytes / picture_bytes)}));
  return result;
}

double cosine(std::span<const float> a, std::span<const float> b) {
  double product = 0;
  double a_squared = 0;
  double b_squared = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += static_cast<double>(a[i]) * b[i];
    a_squared += static_cast<double>(a[i]) * a[i];
    b_squared += static_cast<double>(b[i]) * b[i];
  }
  const double lengths = std::sqrt(a_squared * b_squared);
  return lengths > 0 ? product / lengths : a_squared == b_squared ? 1 : 0;
}

bool every_class_has(std::size_t least, std::span<const int> labels, std::size_t classes) {
  std::vector<std::size_t> counts(classes, 0);
  for (const int label : labels) ++counts[static_cast<std::size_t>(label)];
  return std::ranges::all_of(counts, [&](std::size_t count) { return count >= least; });
}

class Calibrating {
 public:
  Calibrating(const FeatureSource& source, const Dataset& data, const Model& model, NodeId cut)
      : source_(source), data_(data), model_(model), cut_(cut) {
    const Size size = fixed_output_size(model.val_transforms);
    size_ = {size.height, size.width};
    picture_ = static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width) * 3;
  }

  Calibration run(std::span<const std::size_t> samples) {
    const std::vector<std::size_t> used = chosen(data_, samples, picture_ * sizeof(float));
    Calibration result;
    result.pictures = std::ssize(used);
    if (!load(used)) {
      result.complete = false;
      return result;
    }
    const Executor in_float32 = executor({.precision = Precision::kFloat32});
    const Shape shape = in_float32.output_shape(cut_);
    compute(in_float32, &result.ranges);
    const std::vector<float> wide = std::exchange(features_, {});
    const Executor in_8_bits = executor({.precision = Precision::kInt8, .ranges = result.ranges});
    result.computes_in_8_bits = in_8_bits.computes_in_8_bits();
    compute(in_8_bits, nullptr);
    if (stopped_) {
      result.complete = false;
      return result;
    }
    const std::size_t row = wide.size() / used.size();
    for (std::size_t i = 0; i < used.size(); ++i) {
      result.cosine += cosine(std::span(wide).subspan(i * row, row),
                              std::span(features_).subspan(i * row, row)) /
                       static_cast<double>(used.size());
    }
    std::vector<int> labels;
    for (const std::size_t i : used) labels.push_back(data_.samples[i].label);
    constexpr std::size_t kFolds = 5;
    if (every_class_has(kFolds, labels, data_.classes.size())) {
      result.right_in_float32 = right(wide, shape, labels);
      result.right_in_8_bits = right(features_, shape, labels);
    }
    return result;
  }

 private:
  bool stop_requested() {
    if (source_.stop_requested && source_.stop_requested()) stopped_ = true;
    return stopped_;
  }

  bool load(std::span<const std::size_t> samples) {
    pictures_.resize(samples.size() * picture_);
    parallel_for(samples.size(), source_.workers, [&](std::size_t i, int) {
      if (stop_requested()) return;
      const Expected<Image> image =
          load_view(data_, model_.val_transforms, {samples[i], 0}, 0, source_.exact_decode);
      if (!image) {
        throw Error(fmt::format("{}: {}", data_.samples[samples[i]].path.string(), image.reason()));
      }
      to_normalized_tensor(*image, model_.normalization,
                           std::span(pictures_).subspan(i * picture_, picture_));
    });
    return !stopped_;
  }

  Executor executor(ExecutorOptions options) const {
    options.input_size = size_;
    return {model_.graph, model_.parameters, {cut_}, std::move(options)};
  }

  // All pictures to features_; widens `ranges` where given.
  void compute(const Executor& executor, Ranges* ranges) {
    const auto row = static_cast<std::size_t>(element_count(executor.output_shape(cut_)));
    const std::size_t count = pictures_.size() / picture_;
    features_.resize(count * row);
    constexpr auto kBatch = static_cast<std::size_t>(Executor::kMostAtOnce);
    std::vector<Ranges> own(static_cast<std::size_t>(source_.workers));
    parallel_for((count + kBatch - 1) / kBatch, source_.workers, [&](std::size_t i, int worker) {
      if (stop_requested()) return;
      const std::size_t begin = i * kBatch;
      const std::size_t batch = std::min(kBatch, count - begin);
      const auto in = std::span(pictures_).subspan(begin * picture_, batch * picture_);
      const auto out = std::span(features_).subspan(begin * row, batch * row);
      if (ranges == nullptr) return executor.run(in, cut_, out);
      executor.measure_ranges(in, cut_, out, own[static_cast<std::size_t>(worker)]);
    });
    for (const Ranges& one : own) {
      for (const auto& [value, range] : one) (*ranges)[value].widen(range);
    }
  }

  std::int64_t right(std::span<const float> features, const Shape& shape,
                     std::span<const int> labels) const {
    return cross_validate(pooled(features, shape), labels, static_cast<int>(data_.classes.size()),
                          {.workers = source_.workers})
        .right;
  }

  const FeatureSource& source_;
  const Dataset& data_;
  const Model& model_;
  NodeId cut_;
  Pair size_;
  std::size_t picture_ = 0;  // its numbers
  std::vector<float> pictures_;
  std::vector<float> features_;
  std::atomic<bool> stopped_{false};
};

}  // namespace

bool Calibration::is_good() const {
  constexpr double kLeastCosine = 0.95;
  constexpr double kMostLost = 0.005;
  constexpr double kChance = 2;
  if (!right_in_8_bits || !right_in_float32) return cosine >= kLeastCosine;
  const auto lost = static_cast<double>(*right_in_float32 - *right_in_8_bits);
  return lost <= std::max(kChance, kMostLost * static_cast<double>(pictures));
}

Calibration calibrate(const FeatureSource& source, const Dataset& data,
                      std::span<const std::size_t> samples, const Model& model, NodeId cut) {
  return Calibrating(source, data, model, cut).run(samples);
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
