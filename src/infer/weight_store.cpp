#include "infer/weight_store.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "onednn/winograd.h"

namespace engraft::infer {
namespace {

// The parameter as it is stored: rows of outputs, whatever the primitive calls its dimensions.
dnnl::memory stored_weight(const Operation& operation, const onednn::Desc& layout) {
  return onednn::memory_of(operation.weight.reshaped(onednn::shape_of(layout)));
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

dnnl::memory WeightStore::allocate(const onednn::Desc& layout) {
  buffers_.emplace_back(layout.get_size());
  return {layout, onednn::engine(), buffers_.back().data()};
}

dnnl::memory WeightStore::keep_reordered(const Operation& operation, const dnnl::memory& source,
                                         const onednn::Desc& layout,
                                         const std::vector<float>& factors) {
  dnnl::memory target = allocate(layout);
  onednn::reorder_weights(source, target, factors);
  return keep(operation, target);
}

dnnl::memory WeightStore::weight(const Operation& operation, const onednn::Desc& layout) {
  const std::lock_guard lock(mutex_);
  if (const dnnl::memory* found = find(operation, layout)) return *found;
  const dnnl::memory source = stored_weight(operation, layout);
  const onednn::Desc plain = onednn::plain(onednn::shape_of(layout), onednn::Type::f32);
  // As it lies where possible; copying VGG's first linear layer would take 400 MB.
  if (layout == plain && operation.scale.empty()) return keep(operation, source);
  return keep_reordered(operation, source, layout, operation.scale);
}

std::vector<dnnl::memory> WeightStore::winograd_weights(const Operation& operation,
                                                        const onednn::Desc& layout) {
  const std::lock_guard lock(mutex_);
  std::vector<std::vector<dnnl::memory>>& known = winograd_weights_[operation.result];
  for (const std::vector<dnnl::memory>& one : known) {
    if (one[0].get_desc() == layout) return one;
  }
  const std::vector<base::Tensor> matrices =
      onednn::winograd_weights(operation.weight, operation.scale);
  const std::size_t bytes = base::to_cache_lines(layout.get_size());
  std::byte* place = buffers_.emplace_back(bytes * matrices.size()).data();
  std::vector<dnnl::memory> made;
  for (const base::Tensor& matrix : matrices) {
    dnnl::memory& target = made.emplace_back(layout, onednn::engine(), place);
    onednn::reorder_weights(onednn::memory_of(matrix), target);
    place += bytes;
  }
  return known.emplace_back(std::move(made));
}

dnnl::memory WeightStore::int8_weight(const Operation& operation, const onednn::Desc& layout) {
  const std::lock_guard lock(mutex_);
  if (const dnnl::memory* found = find(operation, layout)) return *found;
  std::vector<float> factors = weight_scales(operation);
  for (std::size_t c = 0; c < factors.size(); ++c) {
    factors[c] = (operation.scale.empty() ? 1 : operation.scale[c]) / factors[c];
  }
  return keep_reordered(operation, stored_weight(operation, layout), layout, factors);
}

dnnl::memory WeightStore::int8_bias(const Operation& operation, float source_scale) {
  const std::lock_guard lock(mutex_);
  const auto found = int8_biases_.find(operation.result);
  if (found != int8_biases_.end()) return found->second;
  const std::vector<float> scales = weight_scales(operation);
  const std::span<const float> bias = operation.bias.floats();
  const dnnl::memory result(onednn::plain({std::ssize(bias)}, onednn::Type::f32), onednn::engine());
  auto* const numbers = static_cast<float*>(result.get_data_handle());
  for (std::size_t c = 0; c < bias.size(); ++c) numbers[c] = bias[c] / (scales[c] * source_scale);
  return int8_biases_.emplace(operation.result, result).first->second;
}

dnnl::memory WeightStore::bias(const Operation& operation) {
  const std::lock_guard lock(mutex_);
  const auto found = biases_.find(operation.result);
  if (found != biases_.end()) return found->second;
  return biases_.emplace(operation.result, onednn::memory_of(operation.bias)).first->second;
}

}  // namespace engraft::infer
