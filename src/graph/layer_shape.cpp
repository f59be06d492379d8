// What layers make of the shapes of their inputs.
#include <fmt/format.h>

#include "engraft/error.h"
#include "graph/layer.h"

namespace engraft::graph {
namespace {

using base::OneOf;
using base::Overloaded;
using base::Shape;

// Numbers that a layer may give for one picture: 4 GB, as much as 64 channels of 4096 × 4096.
constexpr std::int64_t kLargestValue = std::int64_t{1} << 30;

std::int64_t window_count(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                          std::int64_t padding, bool ceil_mode) {
  const std::int64_t room = size + 2 * padding - kernel;
  if (room < 0) return 0;
  std::int64_t count = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
  // PyTorch drops a last window that would begin in the padding.
  if (ceil_mode && (count - 1) * stride >= size + padding) --count;
  return count;
}

struct Windows {
  Pair kernel;
  Pair stride;
  Pair padding;
  Pair dilation = 1;
  bool ceil_mode = false;
};

Shape pooled(const Shape& in, const Windows& windows, std::int64_t channels) {
  const auto extent = [](std::int64_t k, std::int64_t d) { return d * (k - 1) + 1; };
  const Pair kernel = windows.kernel;
  const std::int64_t height =
      window_count(in[2], extent(kernel.height, windows.dilation.height), windows.stride.height,
                   windows.padding.height, windows.ceil_mode);
  const std::int64_t width =
      window_count(in[3], extent(kernel.width, windows.dilation.width), windows.stride.width,
                   windows.padding.width, windows.ceil_mode);
  if (height < 1 || width < 1) {
    throw Error(fmt::format("an input of {} × {} is too small for a {} × {} window", in[2], in[3],
                            kernel.height, kernel.width));
  }
  return {in[0], channels, height, width};
}

class ShapeOf {
 public:
  ShapeOf(const Layer& layer, const std::vector<Shape>& inputs) : layer_(layer), inputs_(inputs) {}

  Shape operator()(const Input& input) const {
    const Shape& in = picture();
    require(in[1] == input.channels);
    return in;
  }
  Shape operator()(const Conv2d& conv) const {
    const Shape& in = picture();
    require(in[1] == conv.in_channels);
    return pooled(in, {conv.kernel, conv.stride, conv.padding, conv.dilation}, conv.out_channels);
  }
  Shape operator()(const Linear& linear) const {
    Shape out = only();
    require(out.size() >= 2 && out.back() == linear.in_features);
    out.back() = linear.out_features;
    return out;
  }
  Shape operator()(const BatchNorm2d& norm) const {
    const Shape& in = picture();
    require(in[1] == norm.features);
    return in;
  }
  Shape operator()(const LayerNorm& norm) const {
    const Shape& in = only();
    require(norm.channels_first ? in.size() == 4 && in[1] == norm.features
                                : in.size() >= 2 && in.back() == norm.features);
    return in;
  }
  Shape operator()(const ActivationLayer auto&) const { return only(); }
  Shape operator()(const RestingLayer auto&) const { return only(); }
  Shape operator()(const MaxPool2d& pool) const {
    const Shape& in = picture();
    return pooled(in, {pool.kernel, pool.stride, pool.padding, 1, pool.ceil_mode}, in[1]);
  }
  Shape operator()(const AvgPool2d& pool) const {
    const Shape& in = picture();
    return pooled(in, {pool.kernel, pool.stride, pool.padding}, in[1]);
  }
  Shape operator()(const AdaptiveAvgPool2d& pool) const {
    const Shape& in = picture();
    return {in[0], in[1], pool.output.height, pool.output.width};
  }
  Shape operator()(const Flatten&) const {
    const Shape& in = only();
    require(in.size() >= 2);
    return {in[0], base::element_count({in.begin() + 1, in.end()})};
  }
  Shape operator()(const Permute& permute) const {
    const Shape& in = picture();
    Shape out;
    for (const int from : permute.order) out.push_back(in[static_cast<std::size_t>(from)]);
    return out;
  }
  Shape operator()(const Concat&) const {
    require(!inputs_.empty());
    Shape out = inputs_[0];
    require(out.size() == 4);
    out[1] = 0;
    for (const Shape& in : inputs_) {
      require(in.size() == 4 && in[0] == out[0] && in[2] == out[2] && in[3] == out[3]);
      out[1] += in[1];
    }
    return out;
  }
  Shape operator()(const Slice& slice) const {
    const Shape& in = picture();
    require(slice.end <= in[1]);
    return {in[0], slice.end - slice.begin, in[2], in[3]};
  }
  Shape operator()(const ChannelShuffle& shuffle) const {
    const Shape& in = picture();
    require(in[1] % shuffle.groups == 0);
    return in;
  }
  Shape operator()(const SelectToken& token) const {
    const Shape& in = only();
    require(in.size() == 3 && token.index < in[1]);
    return {in[0], in[2]};
  }
  Shape operator()(const PatchMerging&) const {
    const Shape& in = picture();
    return {in[0], (in[1] + 1) / 2, (in[2] + 1) / 2, 4 * in[3]};
  }
  Shape operator()(const Add&) const {
    require(!inputs_.empty());
    for (const Shape& in : inputs_) require(in == inputs_[0]);
    return inputs_[0];
  }
  Shape operator()(const Multiply&) const {
    require(inputs_.size() == 2 && !inputs_[0].empty());
    const Shape& in = inputs_[0];
    const Shape& other = inputs_[1];
    const bool scales =
        in.size() == 4 && (other == Shape{in[0], in[1], 1, 1} || other == Shape{in[1], 1, 1});
    require(scales || other == Shape{in.back()} || other == in);
    return in;
  }
  Shape operator()(const EmbedPatches& embed) const {
    require(inputs_.size() == 3 && inputs_[0].size() == 4);
    const Shape& in = inputs_[0];
    require(inputs_[1] == Shape{1, 1, in[1]});
    require(inputs_[2] == Shape{1, 1 + embed.grid.height * embed.grid.width, in[1]});
    return {in[0], 1 + in[2] * in[3], in[1]};
  }
  Shape operator()(const Attention& attention) const {
    const Shape& in = only();
    require(in.size() == 3 && in[2] % (3 * attention.heads) == 0);
    return {in[0], in[1], in[2] / 3};
  }
  Shape operator()(const WindowAttention& attention) const {
    require(inputs_.size() == (attention.cosine ? 3 : 2) && inputs_[0].size() == 4);
    const Shape& in = inputs_[0];
    const Pair window = attention.window;
    const std::int64_t offsets = (2 * window.height - 1) * (2 * window.width - 1);
    require(in[1] % window.height == 0 && in[2] % window.width == 0 &&
            in[3] % (3 * attention.heads) == 0);
    require(base::element_count(inputs_[1]) == offsets * attention.heads);
    require(!attention.cosine || base::element_count(inputs_[2]) == attention.heads);
    return {in[0], in[1], in[2], in[3] / 3};
  }
  Shape operator()(const SourceLayer auto& source) const {
    require(inputs_.empty());
    return parameters_of(source)[0].shape;
  }

 private:
  void require(bool holds) const {
    if (holds) return;
    if (inputs_.empty()) throw Error(type_name(layer_) + " lacks an input");
    std::string shapes;
    for (const Shape& shape : inputs_) shapes += " " + base::to_string(shape);
    throw Error(fmt::format("{} cannot take an input of shape{}", type_name(layer_), shapes));
  }
  const Shape& only() const {
    require(inputs_.size() == 1);
    return inputs_[0];
  }
  // One input of four dimensions.
  const Shape& picture() const {
    require(only().size() == 4);
    return inputs_[0];
  }

  const Layer& layer_;
  const std::vector<Shape>& inputs_;
};

void require_possible(const Layer& layer, const Shape& shape) {
  std::int64_t numbers = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < 1 || shape[i] > kLargestValue || numbers > kLargestValue) numbers = 0;
    if (i > 0) numbers *= shape[i];  // the first is the batch
  }
  if (shape.empty() || numbers < 1 || numbers > kLargestValue) {
    throw Error(fmt::format("{} would give the shape {}; 1 to {} numbers a picture are possible",
                            type_name(layer), base::to_string(shape), kLargestValue));
  }
}

void take(std::int64_t& setting, const Shape& input, std::size_t dimension) {
  if (setting == 0 && dimension < input.size()) setting = input[dimension];
}

}  // namespace

Shape output_shape(const Layer& layer, const std::vector<Shape>& inputs) {
  validate(layer);
  Shape shape = std::visit(ShapeOf(layer, inputs), layer);
  require_possible(layer, shape);
  return shape;
}

void take_channels_from(const Shape& input, Layer& layer) {
  const std::size_t last = input.empty() ? 0 : input.size() - 1;
  std::visit(
      Overloaded{
          [&](Conv2d& conv) { take(conv.in_channels, input, 1); },
          [&](Linear& linear) { take(linear.in_features, input, last); },
          [&](BatchNorm2d& norm) { take(norm.features, input, 1); },
          [&](LayerNorm& norm) { take(norm.features, input, norm.channels_first ? 1 : last); },
          [](const SourceLayer auto&) {},
          [](const LayerWithoutParameters auto&) {},
      },
      layer);
}

std::int64_t multiply_adds(const Layer& layer, const Shape& output) {
  const std::int64_t outputs = base::element_count(output);
  return std::visit(Overloaded{
                        [&](const Conv2d& conv) {
                          return outputs * (conv.in_channels / conv.groups * conv.kernel.height *
                                            conv.kernel.width);
                        },
                        [&](const Linear& linear) { return outputs * linear.in_features; },
                        // Products with keys and with values.
                        [&](const Attention&) { return 2 * outputs * output[1]; },
                        [&](const WindowAttention& attention) {
                          return 2 * outputs * attention.window.height * attention.window.width;
                        },
                        [](const OneOf<Input, EmbedPatches> auto&) { return std::int64_t{0}; },
                        [](const OneOf<BatchNorm2d, LayerNorm> auto&) { return std::int64_t{0}; },
                        [](const ActivationLayer auto&) { return std::int64_t{0}; },
                        [](const PoolingLayer auto&) { return std::int64_t{0}; },
                        [](const RestingLayer auto&) { return std::int64_t{0}; },
                        [](const RearrangingLayer auto&) { return std::int64_t{0}; },
                        [](const CombiningLayer auto&) { return std::int64_t{0}; },
                        [](const SourceLayer auto&) { return std::int64_t{0}; },
                    },
                    layer);
}

}  // namespace engraft::graph
