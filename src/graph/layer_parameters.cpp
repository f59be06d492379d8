// What layers store.
#include <cmath>

#include "graph/layer.h"

namespace engraft::graph {
namespace {

using base::Overloaded;

// Of all offsets between two pixels of a window.
base::Shape offsets_shape(Pair window) {
  return {1, 2 * window.height - 1, 2 * window.width - 1, 2};
}

struct Parameters {
  using Specs = std::vector<ParameterSpec>;

  Specs operator()(const Conv2d& conv) const {
    const base::Shape weight{conv.out_channels, conv.in_channels / conv.groups, conv.kernel.height,
                             conv.kernel.width};
    return with_bias("", weight, conv.bias);
  }
  Specs operator()(const Linear& linear) const {
    return with_bias(linear.role == Linear::Role::kInProjection ? "in_proj_" : "",
                     {linear.out_features, linear.in_features}, linear.bias);
  }
  Specs operator()(const BatchNorm2d& norm) const {
    return {{"weight", {norm.features}},
            {"bias", {norm.features}},
            {"running_mean", {norm.features}, ParameterKind::kBuffer},
            {"running_var", {norm.features}, ParameterKind::kBuffer},
            {"num_batches_tracked", {}, ParameterKind::kBuffer, base::DType::kInt64}};
  }
  Specs operator()(const LayerNorm& norm) const {
    return {{"weight", {norm.features}}, {"bias", {norm.features}}};
  }
  Specs operator()(const Parameter& own) const { return {{own.name, own.shape}}; }
  Specs operator()(const RelativePositionIndex& index) const {
    const std::int64_t area = index.window.height * index.window.width;
    return {{"relative_position_index",
             index.flat ? base::Shape{area * area} : base::Shape{area, area},
             ParameterKind::kBuffer, base::DType::kInt64}};
  }
  Specs operator()(const RelativeCoordsTable& table) const {
    return {{"relative_coords_table", offsets_shape(table.window), ParameterKind::kBuffer}};
  }
  Specs operator()(const LayerWithoutParameters auto&) const { return {}; }

 private:
  static Specs with_bias(const std::string& prefix, const base::Shape& weight, bool bias) {
    Specs specs{{prefix + "weight", weight}};
    if (bias) specs.push_back({prefix + "bias", {weight[0]}});
    return specs;
  }
};

base::Tensor position_index(const RelativePositionIndex& layer) {
  base::Tensor values(base::DType::kInt64, parameters_of(layer)[0].shape);
  const Pair window = layer.window;
  const std::int64_t area = window.height * window.width;
  std::int64_t* value = reinterpret_cast<std::int64_t*>(values.mutable_bytes().data());
  for (std::int64_t a = 0; a < area; ++a) {
    for (std::int64_t b = 0; b < area; ++b) {
      const std::int64_t dy = a / window.width - b / window.width + window.height - 1;
      const std::int64_t dx = a % window.width - b % window.width + window.width - 1;
      *value++ = dy * (2 * window.width - 1) + dx;
    }
  }
  return values;
}

base::Tensor coords_table(const RelativeCoordsTable& layer) {
  // sign(x) · log2(1 + 8 |x|) / log2(8) of offsets from -1 to 1: equation 4 of Swin V2.
  const auto spaced = [](std::int64_t i, std::int64_t size) {
    const float x = 8 * static_cast<float>(i - (size - 1)) / static_cast<float>(size - 1);
    return std::copysign(std::log2(std::abs(x) + 1), x) / 3;
  };
  const Pair window = layer.window;
  base::Tensor values(base::DType::kFloat32, offsets_shape(window));
  float* value = values.mutable_floats().data();
  for (std::int64_t y = 0; y < 2 * window.height - 1; ++y) {
    for (std::int64_t x = 0; x < 2 * window.width - 1; ++x) {
      *value++ = spaced(y, window.height);
      *value++ = spaced(x, window.width);
    }
  }
  return values;
}

}  // namespace

std::vector<ParameterSpec> parameters_of(const Layer& layer) {
  return std::visit(Parameters{}, layer);
}

base::Tensor fixed_values(const Layer& layer) {
  return std::visit(Overloaded{
                        [](const RelativePositionIndex& index) { return position_index(index); },
                        [](const RelativeCoordsTable& table) { return coords_table(table); },
                        [](const Parameter&) { return base::Tensor(); },
                        [](const WeightedLayer auto&) { return base::Tensor(); },
                        [](const LayerWithoutParameters auto&) { return base::Tensor(); },
                    },
                    layer);
}

}  // namespace engraft::graph
