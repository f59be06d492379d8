#include "graph/layer.h"

#include <fmt/format.h>

#include <cmath>

#include "engraft/error.h"

namespace engraft::graph {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

std::string tuple(Pair pair) { return fmt::format("({}, {})", pair.height, pair.width); }

const char* boolean(bool value) { return value ? "True" : "False"; }

// As PyTorch prints a pair given as one number.
std::string compact(Pair pair) {
  return pair.height == pair.width ? std::to_string(pair.height) : tuple(pair);
}

// As Python prints it.
template <typename Number>
std::string number(Number value) {
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string describe_conv(const Conv2d& conv) {
  std::string text = fmt::format("Conv2d({}, {}, kernel_size={}, stride={}", conv.in_channels,
                                 conv.out_channels, tuple(conv.kernel), tuple(conv.stride));
  if (conv.padding != Pair(0)) text += ", padding=" + tuple(conv.padding);
  if (conv.dilation != Pair(1)) text += ", dilation=" + tuple(conv.dilation);
  if (conv.groups != 1) text += fmt::format(", groups={}", conv.groups);
  if (!conv.bias) text += ", bias=False";
  return text + ")";
}

std::int64_t window_count(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                          std::int64_t padding, bool ceil_mode) {
  const std::int64_t room = size + 2 * padding - kernel;
  if (room < 0) return 0;
  std::int64_t count = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
  // PyTorch drops a last window that would begin in the padding.
  if (ceil_mode && (count - 1) * stride >= size + padding) --count;
  return count;
}

base::Shape pooled(const base::Shape& in, Pair kernel, Pair stride, Pair padding, Pair dilation,
                   std::int64_t channels, bool ceil_mode) {
  const auto extent = [](std::int64_t k, std::int64_t d) { return d * (k - 1) + 1; };
  const std::int64_t height = window_count(in[2], extent(kernel.height, dilation.height),
                                           stride.height, padding.height, ceil_mode);
  const std::int64_t width = window_count(in[3], extent(kernel.width, dilation.width), stride.width,
                                          padding.width, ceil_mode);
  if (height < 1 || width < 1) {
    throw Error(fmt::format("an input of {} × {} is too small for a {} × {} window", in[2], in[3],
                            kernel.height, kernel.width));
  }
  return {in[0], channels, height, width};
}

// Of all offsets between two pixels of a window.
base::Shape offsets_shape(Pair window) {
  return {1, 2 * window.height - 1, 2 * window.width - 1, 2};
}

void require(bool holds, const char* layer, const std::vector<base::Shape>& inputs) {
  if (holds) return;
  std::string shapes;
  for (const base::Shape& shape : inputs) shapes += " " + base::to_string(shape);
  throw Error(fmt::format("{} cannot take an input of shape{}", layer, shapes));
}

}  // namespace

std::string type_name(const Layer& layer) {
  return std::visit(
      Overloaded{
          [](const Input&) { return "input"; },
          [](const Conv2d&) { return "Conv2d"; },
          [](const Linear& linear) {
            return linear.role == Linear::Role::kOutProjection ? "NonDynamicallyQuantizableLinear"
                                                               : "Linear";
          },
          [](const BatchNorm2d&) { return "BatchNorm2d"; },
          [](const LayerNorm& norm) { return norm.channels_first ? "LayerNorm2d" : "LayerNorm"; },
          [](const ReLU&) { return "ReLU"; },
          [](const ReLU6&) { return "ReLU6"; },
          [](const Hardswish&) { return "Hardswish"; },
          [](const Hardsigmoid&) { return "Hardsigmoid"; },
          [](const SiLU&) { return "SiLU"; },
          [](const Sigmoid&) { return "Sigmoid"; },
          [](const Tanh&) { return "Tanh"; },
          [](const GELU&) { return "GELU"; },
          [](const MaxPool2d&) { return "MaxPool2d"; },
          [](const AvgPool2d&) { return "AvgPool2d"; },
          [](const AdaptiveAvgPool2d&) { return "AdaptiveAvgPool2d"; },
          [](const Dropout&) { return "Dropout"; },
          [](const StochasticDepth&) { return "StochasticDepth"; },
          [](const Flatten&) { return "Flatten"; },
          [](const Permute&) { return "Permute"; },
          [](const Add&) { return "add"; },
          [](const Multiply&) { return "mul"; },
          [](const Concat&) { return "cat"; },
          [](const Slice&) { return "getitem"; },
          [](const ChannelShuffle&) { return "channel_shuffle"; },
          [](const Parameter&) { return "parameter"; },
          [](const RelativePositionIndex&) { return "relative_position_index"; },
          [](const RelativeCoordsTable&) { return "relative_coords_table"; },
          [](const EmbedPatches&) { return "embed_patches"; },
          [](const SelectToken&) { return "getitem"; },
          [](const Attention&) { return "scaled_dot_product_attention"; },
          [](const WindowAttention&) { return "shifted_window_attention"; },
          [](const PatchMerging&) { return "patch_merging"; },
      },
      layer);
}

std::string describe(const Layer& layer) {
  return std::visit(
      Overloaded{
          [](const Conv2d& conv) { return describe_conv(conv); },
          [](const Linear& linear) {
            return fmt::format("{}(in_features={}, out_features={}, bias={})", type_name(linear),
                               linear.in_features, linear.out_features, boolean(linear.bias));
          },
          [](const BatchNorm2d& norm) {
            return fmt::format(
                "BatchNorm2d({}, eps={}, momentum={}, affine=True, track_running_stats=True)",
                norm.features, number(norm.eps), number(norm.momentum));
          },
          [](const LayerNorm& norm) {
            return fmt::format("{}(({},), eps={}, elementwise_affine=True)", type_name(norm),
                               norm.features, number(norm.eps));
          },
          [](const GELU&) { return std::string("GELU(approximate='none')"); },
          [](const Flatten&) { return std::string("Flatten(start_dim=1, end_dim=-1)"); },
          [](const ReLU& relu) {
            return std::string(relu.inplace ? "ReLU(inplace=True)" : "ReLU()");
          },
          [](const ReLU6& relu) {
            return std::string(relu.inplace ? "ReLU6(inplace=True)" : "ReLU6()");
          },
          [](const SiLU& silu) {
            return std::string(silu.inplace ? "SiLU(inplace=True)" : "SiLU()");
          },
          [](const AvgPool2d& pool) {
            return fmt::format("AvgPool2d(kernel_size={}, stride={}, padding={})",
                               compact(pool.kernel), compact(pool.stride), compact(pool.padding));
          },
          [](const StochasticDepth& depth) {
            return fmt::format("StochasticDepth(p={}, mode=row)", number(depth.probability));
          },
          [](const MaxPool2d& pool) {
            return fmt::format(
                "MaxPool2d(kernel_size={}, stride={}, padding={}, dilation=1, "
                "ceil_mode={})",
                compact(pool.kernel), compact(pool.stride), compact(pool.padding),
                boolean(pool.ceil_mode));
          },
          [](const AdaptiveAvgPool2d& pool) {
            return fmt::format("AdaptiveAvgPool2d(output_size={})",
                               pool.printed_as_number ? compact(pool.output) : tuple(pool.output));
          },
          [](const Dropout& dropout) {
            return fmt::format("Dropout(p={}, inplace={})", number(dropout.probability),
                               boolean(dropout.inplace));
          },
          [&layer](const auto&) { return type_name(layer) + "()"; },
      },
      layer);
}

std::vector<ParameterSpec> parameters_of(const Layer& layer) {
  std::vector<ParameterSpec> specs;
  if (const auto* conv = std::get_if<Conv2d>(&layer)) {
    specs.push_back({"weight",
                     {conv->out_channels, conv->in_channels / conv->groups, conv->kernel.height,
                      conv->kernel.width}});
    if (conv->bias) specs.push_back({"bias", {conv->out_channels}});
  } else if (const auto* linear = std::get_if<Linear>(&layer)) {
    const std::string prefix = linear->role == Linear::Role::kInProjection ? "in_proj_" : "";
    specs.push_back({prefix + "weight", {linear->out_features, linear->in_features}});
    if (linear->bias) specs.push_back({prefix + "bias", {linear->out_features}});
  } else if (const auto* layer_norm = std::get_if<LayerNorm>(&layer)) {
    specs.push_back({"weight", {layer_norm->features}});
    specs.push_back({"bias", {layer_norm->features}});
  } else if (const auto* own = std::get_if<Parameter>(&layer)) {
    specs.push_back({own->name, own->shape});
  } else if (const auto* index = std::get_if<RelativePositionIndex>(&layer)) {
    const std::int64_t area = index->window.height * index->window.width;
    specs.push_back({"relative_position_index",
                     index->flat ? base::Shape{area * area} : base::Shape{area, area},
                     ParameterKind::kBuffer, base::DType::kInt64});
  } else if (const auto* coords = std::get_if<RelativeCoordsTable>(&layer)) {
    specs.push_back(
        {"relative_coords_table", offsets_shape(coords->window), ParameterKind::kBuffer});
  } else if (const auto* norm = std::get_if<BatchNorm2d>(&layer)) {
    specs.push_back({"weight", {norm->features}});
    specs.push_back({"bias", {norm->features}});
    specs.push_back({"running_mean", {norm->features}, ParameterKind::kBuffer});
    specs.push_back({"running_var", {norm->features}, ParameterKind::kBuffer});
    specs.push_back({"num_batches_tracked", {}, ParameterKind::kBuffer, base::DType::kInt64});
  }
  return specs;
}

base::Tensor fixed_values(const Layer& layer) {
  if (const auto* index = std::get_if<RelativePositionIndex>(&layer)) {
    base::Tensor values(base::DType::kInt64, parameters_of(layer)[0].shape);
    const Pair window = index->window;
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
  if (const auto* coords = std::get_if<RelativeCoordsTable>(&layer)) {
    // sign(x) · log2(1 + 8 |x|) / log2(8) of offsets from -1 to 1: equation 4 of Swin V2.
    const auto spaced = [](std::int64_t i, std::int64_t size) {
      const float x = 8 * static_cast<float>(i - (size - 1)) / static_cast<float>(size - 1);
      return std::copysign(std::log2(std::abs(x) + 1), x) / 3;
    };
    const Pair window = coords->window;
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
  return {};
}

base::Shape output_shape(const Layer& layer, const std::vector<base::Shape>& inputs) {
  if (inputs.empty()) return parameters_of(layer).at(0).shape;
  const base::Shape& in = inputs[0];
  return std::visit(
      Overloaded{
          [&](const Conv2d& conv) {
            require(in.size() == 4 && in[1] == conv.in_channels, "Conv2d", inputs);
            return pooled(in, conv.kernel, conv.stride, conv.padding, conv.dilation,
                          conv.out_channels, false);
          },
          [&](const Linear& linear) {
            require(in.size() >= 2 && in.back() == linear.in_features, "Linear", inputs);
            base::Shape out = in;
            out.back() = linear.out_features;
            return out;
          },
          [&](const LayerNorm& norm) {
            const bool fits = norm.channels_first ? in.size() == 4 && in[1] == norm.features
                                                  : in.back() == norm.features;
            require(fits, "LayerNorm", inputs);
            return in;
          },
          [&](const Permute& permute) {
            require(in.size() == 4, "permute", inputs);
            base::Shape out;
            for (const int from : permute.order) out.push_back(in[static_cast<std::size_t>(from)]);
            return out;
          },
          [&](const BatchNorm2d& norm) {
            require(in.size() == 4 && in[1] == norm.features, "BatchNorm2d", inputs);
            return in;
          },
          [&](const MaxPool2d& pool) {
            require(in.size() == 4, "MaxPool2d", inputs);
            return pooled(in, pool.kernel, pool.stride, pool.padding, 1, in[1], pool.ceil_mode);
          },
          [&](const AvgPool2d& pool) {
            require(in.size() == 4, "AvgPool2d", inputs);
            return pooled(in, pool.kernel, pool.stride, pool.padding, 1, in[1], false);
          },
          [&](const AdaptiveAvgPool2d& pool) {
            require(in.size() == 4, "AdaptiveAvgPool2d", inputs);
            return base::Shape{in[0], in[1], pool.output.height, pool.output.width};
          },
          [&](const Flatten&) {
            std::int64_t count = 1;
            for (std::size_t i = 1; i < in.size(); ++i) count *= in[i];
            return base::Shape{in[0], count};
          },
          [&](const Add&) {
            for (const base::Shape& shape : inputs) require(shape == in, "add", inputs);
            return in;
          },
          [&](const Multiply&) {
            const base::Shape& other = inputs.at(1);
            const bool scales = in.size() == 4 && (other == base::Shape{in[0], in[1], 1, 1} ||
                                                   other == base::Shape{in[1], 1, 1});
            require(scales || other == base::Shape{in.back()} || other == in, "mul", inputs);
            return in;
          },
          [&](const Slice& slice) {
            require(in.size() == 4 && slice.begin < slice.end && slice.end <= in[1], "getitem",
                    inputs);
            return base::Shape{in[0], slice.end - slice.begin, in[2], in[3]};
          },
          [&](const ChannelShuffle& shuffle) {
            require(in.size() == 4 && in[1] % shuffle.groups == 0, "channel_shuffle", inputs);
            return in;
          },
          [&](const Concat&) {
            base::Shape out = in;
            out[1] = 0;
            for (const base::Shape& shape : inputs) {
              require(shape.size() == 4 && shape[2] == in[2] && shape[3] == in[3], "cat", inputs);
              out[1] += shape[1];
            }
            return out;
          },
          [&](const EmbedPatches& embed) {
            const base::Shape positions{1, 1 + embed.grid.height * embed.grid.width, in[1]};
            require(in.size() == 4 && inputs.at(1) == base::Shape{1, 1, in[1]} &&
                        inputs.at(2) == positions,
                    "embed_patches", inputs);
            return base::Shape{in[0], 1 + in[2] * in[3], in[1]};
          },
          [&](const SelectToken& token) {
            require(in.size() == 3 && token.index < in[1], "getitem", inputs);
            return base::Shape{in[0], in[2]};
          },
          [&](const Attention& attention) {
            require(in.size() == 3 && in[2] % (3 * attention.heads) == 0, "attention", inputs);
            return base::Shape{in[0], in[1], in[2] / 3};
          },
          [&](const WindowAttention& attention) {
            const Pair window = attention.window;
            const std::int64_t offsets = (2 * window.height - 1) * (2 * window.width - 1);
            require(in.size() == 4 && in[1] % window.height == 0 && in[2] % window.width == 0 &&
                        in[3] % (3 * attention.heads) == 0 &&
                        base::element_count(inputs.at(1)) == offsets * attention.heads,
                    "window attention", inputs);
            return base::Shape{in[0], in[1], in[2], in[3] / 3};
          },
          [&](const PatchMerging&) {
            require(in.size() == 4, "patch_merging", inputs);
            return base::Shape{in[0], (in[1] + 1) / 2, (in[2] + 1) / 2, 4 * in[3]};
          },
          [&](const auto&) { return in; },
      },
      layer);
}

std::int64_t multiply_adds(const Layer& layer, const base::Shape& output) {
  if (const auto* conv = std::get_if<Conv2d>(&layer)) {
    return base::element_count(output) * conv->in_channels / conv->groups * conv->kernel.height *
           conv->kernel.width;
  }
  if (const auto* linear = std::get_if<Linear>(&layer)) {
    return base::element_count(output) * linear->in_features;
  }
  if (std::holds_alternative<Attention>(layer)) {
    return 2 * base::element_count(output) * output[1];  // products with keys and with values
  }
  if (const auto* attention = std::get_if<WindowAttention>(&layer)) {
    return 2 * base::element_count(output) * attention->window.height * attention->window.width;
  }
  return 0;
}

}  // namespace engraft::graph
