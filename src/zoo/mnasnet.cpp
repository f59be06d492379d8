#include <array>

#include "graph/builder.h"
#include "zoo/architectures.h"
#include "zoo/blocks.h"

namespace engraft::zoo {
namespace {

// TensorFlow's 0.9997 seen from the other side.
constexpr graph::BatchNorm2d kNorm{.momentum = 1 - 0.9997};

graph::Value pointwise(graph::GraphBuilder& net, graph::Value x, std::int64_t channels) {
  x = net.add(x, graph::Conv2d{.out_channels = channels, .bias = false});
  return net.add(x, kNorm);
}

graph::Value depthwise(graph::GraphBuilder& net, graph::Value x, std::int64_t kernel,
                       std::int64_t stride) {
  const std::int64_t channels = net.channels(x);
  x = net.add(x, graph::Conv2d{.out_channels = channels,
                               .kernel = kernel,
                               .stride = stride,
                               .padding = kernel / 2,
                               .groups = channels,
                               .bias = false});
  x = net.add(x, kNorm);
  return net.add(x, graph::ReLU{});
}

graph::Value inverted_residual(graph::GraphBuilder& net, graph::Value x, std::int64_t channels,
                               std::int64_t kernel, std::int64_t stride, std::int64_t expansion) {
  const auto module = net.open("_InvertedResidual");
  graph::Value y = x;
  {
    const auto layers = net.open("layers", "Sequential");
    y = net.add(pointwise(net, y, expansion * net.channels(x)), graph::ReLU{});
    y = depthwise(net, y, kernel, stride);
    y = pointwise(net, y, channels);
  }
  const bool residual = stride == 1 && net.channels(x) == channels;
  return residual ? net.apply(graph::Add{}, {y, x}) : y;
}

// A stage of the paper's figure 7 (a).
struct Stage {
  std::int64_t channels;
  std::int64_t kernel;
  std::int64_t stride;  // of the first block
  std::int64_t expansion;
  int blocks;
};

constexpr std::array<Stage, 6> kStages = {{{24, 3, 2, 3, 3},
                                           {40, 5, 2, 3, 3},
                                           {80, 5, 2, 6, 3},
                                           {96, 3, 1, 6, 2},
                                           {192, 5, 2, 6, 4},
                                           {320, 3, 1, 6, 1}}};

}  // namespace

graph::Graph mnasnet(const std::string& name, double width_multiplier) {
  const auto scaled = [&](std::int64_t channels) {
    return make_divisible(static_cast<double>(channels) * width_multiplier);
  };
  graph::GraphBuilder net("MNASNet", 224);
  graph::Value x = net.input();
  {
    const auto layers = net.open("layers", "Sequential");
    x = net.add(
        x, graph::Conv2d{
               .out_channels = scaled(32), .kernel = 3, .stride = 2, .padding = 1, .bias = false});
    x = net.add(net.add(x, kNorm), graph::ReLU{});
    x = depthwise(net, x, 3, 1);
    x = pointwise(net, x, scaled(16));
    for (const Stage& stage : kStages) {
      const auto stack = net.open("Sequential");
      for (int i = 0; i < stage.blocks; ++i) {
        x = inverted_residual(net, x, scaled(stage.channels), stage.kernel,
                              i == 0 ? stage.stride : 1, stage.expansion);
      }
    }
    x = net.add(pointwise(net, x, 1280), graph::ReLU{});
  }
  x = net.apply(graph::Flatten{}, {net.apply(graph::AdaptiveAvgPool2d{1}, {x})});
  {
    const auto classifier = net.open("classifier", "Sequential");
    x = net.add(x, graph::Dropout{.probability = 0.2F, .inplace = true});
    net.add(x, graph::Linear{.out_features = 1000});
  }
  return std::move(net).finish(name);
}

}  // namespace engraft::zoo
