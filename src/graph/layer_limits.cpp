// Which settings of layers make sense. Graphs come from files that anybody may have written.
#include <fmt/format.h>

#include <cmath>

#include "engraft/error.h"
#include "graph/layer.h"

namespace engraft::graph {
namespace {

// Far above what networks have, and so low that products of a few of them stay in 64 bits.
constexpr std::int64_t kMostChannels = std::int64_t{1} << 24;
constexpr std::int64_t kLargestWindow = std::int64_t{1} << 16;
constexpr std::int64_t kMostWeights = std::int64_t{1} << 30;
// The position index of a window has the square of its area.
constexpr std::int64_t kLargestAttentionWindow = 4096;

class Limits {
 public:
  explicit Limits(std::string type) : type_(std::move(type)) {}

  void operator()(const Input& input) const { channels("channels", input.channels); }
  void operator()(const Conv2d& conv) const {
    channels("input channels", conv.in_channels);
    channels("output channels", conv.out_channels);
    window("kernel", conv.kernel, 1);
    window("stride", conv.stride, 1);
    window("padding", conv.padding, 0);
    window("dilation", conv.dilation, 1);
    channels("groups", conv.groups);
    require(conv.in_channels % conv.groups == 0 && conv.out_channels % conv.groups == 0,
            fmt::format("its {} groups do not divide {} and {} channels", conv.groups,
                        conv.in_channels, conv.out_channels));
    weights(
        {conv.out_channels, conv.in_channels / conv.groups, conv.kernel.height, conv.kernel.width});
  }
  void operator()(const Linear& linear) const {
    channels("input features", linear.in_features);
    channels("output features", linear.out_features);
    require(linear.role != Linear::Role::kUnbiasedKeys || linear.out_features % 3 == 0,
            "its outputs are not queries, keys and values of one size");
    weights({linear.out_features, linear.in_features});
  }
  void operator()(const BatchNorm2d& norm) const {
    channels("features", norm.features);
    at_least_zero("eps", norm.eps);
    at_least_zero("momentum", norm.momentum);
  }
  void operator()(const LayerNorm& norm) const {
    channels("features", norm.features);
    at_least_zero("eps", norm.eps);
  }
  void operator()(const MaxPool2d& pool) const {
    windows(pool);
    // As PyTorch asks, so that no window lies in the padding alone.
    require(pool.padding.height <= pool.kernel.height / 2 &&
                pool.padding.width <= pool.kernel.width / 2,
            "its padding is more than half of its kernel");
  }
  void operator()(const AvgPool2d& pool) const { windows(pool); }
  void operator()(const AdaptiveAvgPool2d& pool) const { window("output", pool.output, 1); }
  void operator()(const RestingLayer auto& layer) const {
    require(layer.probability >= 0 && layer.probability <= 1,
            fmt::format("its probability is {}", layer.probability));
  }
  void operator()(const Permute& permute) const {
    std::array<bool, 4> taken{};
    for (const int from : permute.order) {
      require(from >= 0 && from < 4 && !taken[static_cast<std::size_t>(from)],
              fmt::format("its order ({}, {}, {}, {}) is none of four dimensions", permute.order[0],
                          permute.order[1], permute.order[2], permute.order[3]));
      taken[static_cast<std::size_t>(from)] = true;
    }
  }
  void operator()(const Slice& slice) const {
    require(slice.begin >= 0 && slice.begin < slice.end && slice.end <= kMostChannels,
            fmt::format("it takes channels {} to {}", slice.begin, slice.end));
  }
  void operator()(const ChannelShuffle& shuffle) const { channels("groups", shuffle.groups); }
  void operator()(const SelectToken& token) const {
    require(token.index >= 0 && token.index < kMostWeights,
            fmt::format("it takes token {}", token.index));
  }
  void operator()(const Parameter& parameter) const {
    require(!parameter.name.empty() && !parameter.shape.empty(), "it has no name or no shape");
    for (const std::int64_t extent : parameter.shape) channels("extents", extent);
    weights(parameter.shape);
    at_least_zero("deviation", parameter.deviation);
    at_least_zero("mean", std::abs(parameter.mean));
  }
  void operator()(const base::OneOf<RelativePositionIndex, RelativeCoordsTable> auto& own) const {
    attention_window(own.window);
  }
  void operator()(const EmbedPatches& embed) const {
    window("grid", embed.grid, 1);
    at_least_zero("offset", embed.offset);
  }
  void operator()(const Attention& attention) const { channels("heads", attention.heads); }
  void operator()(const WindowAttention& attention) const {
    channels("heads", attention.heads);
    attention_window(attention.window);
    require(attention.shift.height >= 0 && attention.shift.height < attention.window.height &&
                attention.shift.width >= 0 && attention.shift.width < attention.window.width,
            "its shift does not lie within its window");
    at_least_zero("scale", std::abs(attention.scale));
  }
  void operator()(const ActivationLayer auto&) const {}
  void operator()(const base::OneOf<Flatten, Concat, PatchMerging> auto&) const {}
  void operator()(const CombiningLayer auto&) const {}

 private:
  void require(bool holds, const std::string& problem) const {
    if (!holds) throw Error(fmt::format("{} is impossible: {}", type_, problem));
  }
  void within(const char* what, std::int64_t value, std::int64_t least, std::int64_t most) const {
    if (value >= least && value <= most) return;
    require(false,
            fmt::format("its {} are {} (from {} to {} are possible)", what, value, least, most));
  }
  void channels(const char* what, std::int64_t value) const {
    within(what, value, 1, kMostChannels);
  }
  void window(const char* what, Pair value, std::int64_t least) const {
    const auto fits = [&](std::int64_t extent) {
      return extent >= least && extent <= kLargestWindow;
    };
    if (fits(value.height) && fits(value.width)) return;
    require(false, fmt::format("its {} is {} × {} (from {} to {} is possible)", what, value.height,
                               value.width, least, kLargestWindow));
  }
  template <typename Pool>
  void windows(const Pool& pool) const {
    window("kernel", pool.kernel, 1);
    window("stride", pool.stride, 1);
    window("padding", pool.padding, 0);
  }
  void attention_window(Pair extents) const {
    window("window", extents, 1);
    within("window's pixels", extents.height * extents.width, 1, kLargestAttentionWindow);
  }
  void weights(const base::Shape& shape) const {
    within("weights", base::element_count(shape), 1, kMostWeights);
  }
  void at_least_zero(const char* what, double value) const {
    if (std::isfinite(value) && value >= 0) return;
    require(false, fmt::format("its {} is {}", what, value));
  }

  std::string type_;
};

}  // namespace

void validate(const Layer& layer) { std::visit(Limits(type_name(layer)), layer); }

}  // namespace engraft::graph
