#include "infer/weight_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/parallel.h"
#include "onednn/winograd.h"
#include "onednn/winograd_tiles.h"

namespace engraft::infer {
namespace {

bool is_widened(const Operation& operation, const onednn::Desc& layout) {
  return base::element_count(onednn::shape_of(layout)) != operation.weight.elements();
}

// The parameter as it is stored: rows of outputs, whatever the primitive calls its dimensions.
// Where it widens filters of one number, a zero follows each.
base::Tensor stored_weight(const Operation& operation, const onednn::Desc& layout) {
  const base::Shape shape = onednn::shape_of(layout);
  if (!is_widened(operation, layout)) return operation.weight.reshaped(shape);
  base::Tensor result(base::DType::kFloat32, shape);
  const std::span<const float> numbers = operation.weight.floats();
  const std::span<float> places = result.mutable_floats();
  for (std::size_t i = 0; i < numbers.size(); ++i) places[2 * i] = numbers[i];
  return result;
}

}  // namespace

std::vector<float> weight_scales(const Operation& operation) {
  constexpr float kLargest = 127;
  const auto channels = static_cast<std::size_t>(operation.bias.elements());
  const std::span<const float> numbers = operation.weight.floats();
  const std::size_t row = numbers.size() / channels;
  std::vector<float> scales;
  for (std::size_t c = 0; c < channels; ++c) {
    float largest = 0;
    for (const float number : numbers.subspan(c * row, row)) {
      largest = std::max(largest, std::abs(number));
    }
    if (!operation.scale.empty()) largest *= std::abs(operation.scale[c]);
    scales.push_back(largest > 0 ? largest / kLargest : 1);
  }
  return scales;
}

const dnnl::memory* WeightStore::find(const Operation& operation,
                                      const onednn::Desc& layout) const {
  const auto found = weights_.find(operation.result);
  if (found == weights_.end()) return nullptr;
  for (const dnnl::memory& one : found->second) {
    if (one.get_desc() == layout) return &one;
  }
  return nullptr;
}

dnnl::memory WeightStore::keep(const Operation& operation, dnnl::memory weight) {
  return weights_[operation.result].emplace_back(std::move(weight));
}

std::vector<dnnl::memory> WeightStore::kept_or_made(
    const std::string& name, const onednn::Desc& layout, std::size_t count,
    const std::function<void(std::vector<dnnl::memory>&)>& make) {
  const std::size_t bytes = base::to_cache_lines(layout.get_size());
  const std::string full_name = name + " " + onednn::text_of(layout);
  const auto found = kept_.find(full_name, bytes * count);
  // oneDNN takes no pointers to const; weights are only read.
  std::byte* const begin =
      found ? const_cast<std::byte*>(found->data()) : buffers_.emplace_back(bytes * count).data();
  std::vector<dnnl::memory> memories;
  for (std::size_t i = 0; i < count; ++i) {
    memories.emplace_back(layout, onednn::engine(), begin + i * bytes);
  }
  if (found) return memories;
  make(memories);
  kept_.add(full_name, {begin, bytes * count});
  return memories;
}

dnnl::memory WeightStore::keep_reordered(const Operation& operation, const onednn::Desc& layout,
                                         const std::vector<float>& factors) {
  const auto make = [&](std::vector<dnnl::memory>& target) {
    const base::Tensor weight = stored_weight(operation, layout);
    onednn::reorder_weights(onednn::memory_of(weight), target[0], factors);
  };
  return keep(operation,
              kept_or_made(fmt::format("{} weight", operation.node), layout, 1, make)[0]);
}

dnnl::memory WeightStore::weight(const Operation& operation, const onednn::Desc& layout) {
  const std::lock_guard lock(mutex_);
  if (const dnnl::memory* found = find(operation, layout)) return *found;
  const onednn::Desc plain = onednn::plain(onednn::shape_of(layout), onednn::Type::f32);
  // As it lies where possible; copying VGG's first linear layer would take 400 MB.
  if (layout == plain && operation.scale.empty() && !is_widened(operation, layout)) {
    return keep(operation, onednn::memory_of(stored_weight(operation, layout)));
  }
  return keep_reordered(operation, layout, operation.scale);
}

std::vector<dnnl::memory> WeightStore::winograd_weights(const Operation& operation,
                                                        const onednn::Desc& layout) {
  const std::lock_guard lock(mutex_);
  std::vector<std::vector<dnnl::memory>>& known = winograd_weights_[operation.result];
  for (const std::vector<dnnl::memory>& one : known) {
    if (one[0].get_desc() == layout) return one;
  }
  const auto make = [&](std::vector<dnnl::memory>& targets) {
    constexpr auto kRow = static_cast<std::size_t>(onednn::kTileIn);
    const auto make_row = [&](std::size_t row, int) {
      const onednn::SingleThread alone;
      const auto matrices = onednn::winograd_matrices(operation.weight, operation.scale, row);
      for (std::size_t m = 0; m < kRow; ++m) {
        onednn::reorder_weights(onednn::memory_of(matrices[m]), targets[row * kRow + m]);
      }
    };
    base::parallel_for(kRow, base::usable_processors(), make_row);
  };
  return known.emplace_back(kept_or_made(fmt::format("{} filtered", operation.node), layout,
                                         onednn::kTileMatrices, make));
}

dnnl::memory WeightStore::int8_weight(const Operation& operation, const onednn::Desc& layout) {
  const std::lock_guard lock(mutex_);
  if (const dnnl::memory* found = find(operation, layout)) return *found;
  std::vector<float> factors = weight_scales(operation);
  for (std::size_t c = 0; c < factors.size(); ++c) {
    factors[c] = (operation.scale.empty() ? 1 : operation.scale[c]) / factors[c];
  }
  return keep_reordered(operation, layout, factors);
}

dnnl::memory WeightStore::int8_bias(const Operation& operation, float source_scale) {
  const std::lock_guard lock(mutex_);
  const auto found = int8_biases_.find(operation.result);
  if (found != int8_biases_.end()) return found->second;
  const std::vector<float> scales = weight_scales(operation);
  const std::span<const float> bias = operation.bias.floats();
  const dnnl::memory result(onednn::plain({std::ssize(bias)}, onednn::Type::f32), onednn::engine());
  auto* const numbers = static_cast<float*>(result.get_data_handle());
  for (std::size_t c = 0; c < bias.size(); ++c)
    numbers[c] = bias[c] / onednn::int8_bias_unit(scales[c], source_scale);
  return int8_biases_.emplace(operation.result, result).first->second;
}

dnnl::memory WeightStore::bias(const Operation& operation) {
  const std::lock_guard lock(mutex_);
  const auto found = biases_.find(operation.result);
  if (found != biases_.end()) return found->second;
  return biases_.emplace(operation.result, onednn::memory_of(operation.bias)).first->second;
}

}  // namespace engraft::infer
