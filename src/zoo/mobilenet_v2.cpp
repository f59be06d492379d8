#include <algorithm>
#include <array>

#include "graph/builder.h"
#include "zoo/architectures.h"
#include "zoo/blocks.h"

namespace engraft::zoo {
namespace {

graph::Value inverted_residual(graph::GraphBuilder& net, graph::Value x, std::int64_t expansion,
                               std::int64_t channels, std::int64_t stride) {
  const auto block = net.open("InvertedResidual");
  const std::int64_t hidden = expansion * net.channels(x);
  graph::Value y = x;
  {
    const auto conv = net.open("conv", "Sequential");
    if (expansion != 1)
      y = conv_norm_activation(net, "", y, {.out_channels = hidden}, graph::ReLU6{});
    y = conv_norm_activation(
        net, "", y, {.out_channels = hidden, .kernel = 3, .stride = stride, .groups = hidden},
        graph::ReLU6{});
    y = net.add(y, graph::Conv2d{.out_channels = channels, .bias = false});
    y = net.add(y, graph::BatchNorm2d{});
  }
  const bool residual = stride == 1 && net.channels(x) == channels;
  return residual ? net.apply(graph::Add{}, {x, y}) : y;
}

struct Stage {
  std::int64_t expansion;
  std::int64_t channels;
  int blocks;
  std::int64_t stride;  // of the first block
};

// The paper's table 2.
constexpr std::array<Stage, 7> kStages = {{{1, 16, 1, 1},
                                           {6, 24, 2, 2},
                                           {6, 32, 3, 2},
                                           {6, 64, 4, 2},
                                           {6, 96, 3, 1},
                                           {6, 160, 3, 2},
                                           {6, 320, 1, 1}}};

}  // namespace

graph::Graph mobilenet_v2(const std::string& name, double width_multiplier) {
  graph::GraphBuilder net("MobileNetV2", 224);
  graph::Value x = net.input();
  {
    const auto features = net.open("features", "Sequential");
    x = conv_norm_activation(
        net, "", x,
        {.out_channels = make_divisible(32 * width_multiplier), .kernel = 3, .stride = 2},
        graph::ReLU6{});
    for (const Stage& stage : kStages) {
      const std::int64_t channels =
          make_divisible(static_cast<double>(stage.channels) * width_multiplier);
      for (int i = 0; i < stage.blocks; ++i) {
        x = inverted_residual(net, x, stage.expansion, channels, i == 0 ? stage.stride : 1);
      }
    }
    const double last = 1280 * std::max(1.0, width_multiplier);
    x = conv_norm_activation(net, "", x, {.out_channels = make_divisible(last)}, graph::ReLU6{});
  }
  x = net.apply(graph::AdaptiveAvgPool2d{1}, {x});
  x = net.apply(graph::Flatten{}, {x});
  {
    const auto classifier = net.open("classifier", "Sequential");
    x = net.add(x, graph::Dropout{.probability = 0.2F});
    net.add(x, graph::Linear{.out_features = 1000});
  }
  return std::move(net).finish(name);
}

}  // namespace engraft::zoo
