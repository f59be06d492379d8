#include "graph/builder.h"
#include "zoo/architectures.h"

namespace engraft::zoo {
namespace {

graph::Value pointwise(graph::GraphBuilder& net, graph::Value x, std::int64_t channels) {
  x = net.add(x, graph::Conv2d{.out_channels = channels, .bias = false});
  x = net.add(x, graph::BatchNorm2d{});
  return net.add(x, graph::ReLU{});
}

graph::Value depthwise(graph::GraphBuilder& net, graph::Value x, std::int64_t stride) {
  const std::int64_t channels = net.channels(x);
  x = net.add(x, graph::Conv2d{.out_channels = channels,
                               .kernel = 3,
                               .stride = stride,
                               .padding = 1,
                               .groups = channels,
                               .bias = false});
  return net.add(x, graph::BatchNorm2d{});
}

// The second half of the channels goes through the branch; the first half passes by, or, where the
// picture shrinks, both branches take the whole input.
graph::Value inverted_residual(graph::GraphBuilder& net, graph::Value x, std::int64_t channels,
                               std::int64_t stride) {
  const auto block = net.open("InvertedResidual");
  const std::int64_t half = channels / 2;
  graph::Value left = x;
  graph::Value right = x;
  if (stride == 1) {
    left = net.apply(graph::Slice{.begin = 0, .end = half}, {x});
    right = net.apply(graph::Slice{.begin = half, .end = channels}, {x});
  }
  {
    const auto branch = net.open("branch1", "Sequential");
    if (stride > 1) left = pointwise(net, depthwise(net, left, stride), half);
  }
  {
    const auto branch = net.open("branch2", "Sequential");
    right = pointwise(net, right, half);
    right = pointwise(net, depthwise(net, right, stride), half);
  }
  return net.apply(graph::ChannelShuffle{2}, {net.apply(graph::Concat{}, {left, right})});
}

}  // namespace

graph::Graph shufflenet_v2(const std::string& name, const std::array<std::int64_t, 5>& channels) {
  constexpr std::array<int, 3> kBlocks = {4, 8, 4};
  graph::GraphBuilder net("ShuffleNetV2", 224);
  graph::Value x = net.input();
  {
    const auto conv1 = net.open("conv1", "Sequential");
    x = net.add(
        x, graph::Conv2d{
               .out_channels = channels[0], .kernel = 3, .stride = 2, .padding = 1, .bias = false});
    x = net.add(x, graph::BatchNorm2d{});
    x = net.add(x, graph::ReLU{});
  }
  x = net.add("maxpool", x, graph::MaxPool2d{.kernel = 3, .stride = 2, .padding = 1});
  for (std::size_t stage = 0; stage < 3; ++stage) {
    const auto module = net.open("stage" + std::to_string(stage + 2), "Sequential");
    for (int i = 0; i < kBlocks[stage]; ++i) {
      x = inverted_residual(net, x, channels[stage + 1], i == 0 ? 2 : 1);
    }
  }
  {
    const auto conv5 = net.open("conv5", "Sequential");
    x = pointwise(net, x, channels[4]);
  }
  x = net.apply(graph::Flatten{}, {net.apply(graph::AdaptiveAvgPool2d{1}, {x})});
  net.add("fc", x, graph::Linear{.out_features = 1000});
  return std::move(net).finish(name);
}

}  // namespace engraft::zoo
