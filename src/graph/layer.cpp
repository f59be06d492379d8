#include "graph/layer.h"

#include <fmt/format.h>

#include "engraft/error.h"

namespace engraft {
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

Shape pooled(const Shape& in, Pair kernel, Pair stride, Pair padding, Pair dilation,
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

void require(bool holds, const char* layer, const std::vector<Shape>& inputs) {
  if (holds) return;
  std::string shapes;
  for (const Shape& shape : inputs) shapes += " " + to_string(shape);
  throw Error(fmt::format("{} cannot take an input of shape{}", layer, shapes));
}

}  // namespace

std::string type_name(const Layer& layer) {
  return std::visit(Overloaded{
                        [](const Input&) { return "input"; },
                        [](const Conv2d&) { return "Conv2d"; },
                        [](const Linear&) { return "Linear"; },
                        [](const BatchNorm2d&) { return "BatchNorm2d"; },
                        [](const ReLU&) { return "ReLU"; },
                        [](const ReLU6&) { return "ReLU6"; },
                        [](const Hardswish&) { return "Hardswish"; },
                        [](const Hardsigmoid&) { return "Hardsigmoid"; },
                        [](const SiLU&) { return "SiLU"; },
                        [](const Sigmoid&) { return "Sigmoid"; },
                        [](const MaxPool2d&) { return "MaxPool2d"; },
                        [](const AvgPool2d&) { return "AvgPool2d"; },
                        [](const AdaptiveAvgPool2d&) { return "AdaptiveAvgPool2d"; },
                        [](const Dropout&) { return "Dropout"; },
                        [](const StochasticDepth&) { return "StochasticDepth"; },
                        [](const Flatten&) { return "flatten"; },
                        [](const Add&) { return "add"; },
                        [](const Multiply&) { return "mul"; },
                        [](const Concat&) { return "cat"; },
                        [](const Slice&) { return "getitem"; },
                        [](const ChannelShuffle&) { return "channel_shuffle"; },
                    },
                    layer);
}

std::string describe(const Layer& layer) {
  return std::visit(
      Overloaded{
          [](const Conv2d& conv) { return describe_conv(conv); },
          [](const Linear& linear) {
            return fmt::format("Linear(in_features={}, out_features={}, bias={})",
                               linear.in_features, linear.out_features, boolean(linear.bias));
          },
          [](const BatchNorm2d& norm) {
            return fmt::format(
                "BatchNorm2d({}, eps={}, momentum={}, affine=True, track_running_stats=True)",
                norm.features, norm.eps == 1e-5F ? "1e-05" : fmt::format("{:g}", norm.eps),
                fmt::format("{}", norm.momentum));
          },
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
            const std::string p = fmt::format("{}", depth.probability);
            return fmt::format("StochasticDepth(p={}, mode=row)", p == "0" ? "0.0" : p);
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
            return fmt::format("Dropout(p={:g}, inplace={})", dropout.probability,
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
    specs.push_back({"weight", {linear->out_features, linear->in_features}});
    if (linear->bias) specs.push_back({"bias", {linear->out_features}});
  } else if (const auto* norm = std::get_if<BatchNorm2d>(&layer)) {
    specs.push_back({"weight", {norm->features}});
    specs.push_back({"bias", {norm->features}});
    specs.push_back({"running_mean", {norm->features}, ParameterKind::kBuffer});
    specs.push_back({"running_var", {norm->features}, ParameterKind::kBuffer});
    specs.push_back({"num_batches_tracked", {}, ParameterKind::kBuffer, DType::kInt64});
  }
  return specs;
}

Shape output_shape(const Layer& layer, const std::vector<Shape>& inputs) {
  const Shape& in = inputs.at(0);
  return std::visit(
      Overloaded{
          [&](const Conv2d& conv) {
            require(in.size() == 4 && in[1] == conv.in_channels, "Conv2d", inputs);
            return pooled(in, conv.kernel, conv.stride, conv.padding, conv.dilation,
                          conv.out_channels, false);
          },
          [&](const Linear& linear) {
            require(in.size() == 2 && in[1] == linear.in_features, "Linear", inputs);
            return Shape{in[0], linear.out_features};
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
            return Shape{in[0], in[1], pool.output.height, pool.output.width};
          },
          [&](const Flatten&) {
            std::int64_t count = 1;
            for (std::size_t i = 1; i < in.size(); ++i) count *= in[i];
            return Shape{in[0], count};
          },
          [&](const Add&) {
            for (const Shape& shape : inputs) require(shape == in, "add", inputs);
            return in;
          },
          [&](const Multiply&) {
            const bool scales = in.size() == 4 && inputs.at(1) == Shape{in[0], in[1], 1, 1};
            require(scales || inputs.at(1) == in, "mul", inputs);
            return in;
          },
          [&](const Slice& slice) {
            require(in.size() == 4 && slice.begin < slice.end && slice.end <= in[1], "getitem",
                    inputs);
            return Shape{in[0], slice.end - slice.begin, in[2], in[3]};
          },
          [&](const ChannelShuffle& shuffle) {
            require(in.size() == 4 && in[1] % shuffle.groups == 0, "channel_shuffle", inputs);
            return in;
          },
          [&](const Concat&) {
            Shape out = in;
            out[1] = 0;
            for (const Shape& shape : inputs) {
              require(shape.size() == 4 && shape[2] == in[2] && shape[3] == in[3], "cat", inputs);
              out[1] += shape[1];
            }
            return out;
          },
          [&](const auto&) { return in; },
      },
      layer);
}

std::int64_t multiply_adds(const Layer& layer, const Shape& output) {
  if (const auto* conv = std::get_if<Conv2d>(&layer)) {
    return element_count(output) * conv->in_channels / conv->groups * conv->kernel.height *
           conv->kernel.width;
  }
  if (const auto* linear = std::get_if<Linear>(&layer)) {
    return element_count(output) * linear->in_features;
  }
  return 0;
}

}  // namespace engraft
