#include "graph/builder.h"
#include "zoo/architectures.h"

namespace engraft::zoo {
namespace {

graph::Conv2d convolution(std::int64_t channels, std::int64_t kernel, std::int64_t stride = 1) {
  return {.out_channels = channels,
          .kernel = kernel,
          .stride = stride,
          .padding = kernel / 2,
          .bias = false};
}

// The shortcut: the identity where the shapes agree, else a 1 × 1 convolution.
graph::Value shortcut(graph::GraphBuilder& net, graph::Value x, std::int64_t channels,
                      std::int64_t stride) {
  if (stride == 1 && net.channels(x) == channels) return x;
  const auto downsample = net.open("downsample", "Sequential");
  x = net.add(x, convolution(channels, 1, stride));
  return net.add(x, graph::BatchNorm2d{});
}

graph::Value basic_block(graph::GraphBuilder& net, graph::Value x, std::int64_t width,
                         std::int64_t stride) {
  const auto block = net.open("BasicBlock");
  graph::Value y = net.add("conv1", x, convolution(width, 3, stride));
  y = net.add("bn1", y, graph::BatchNorm2d{});
  y = net.add("relu", y, graph::ReLU{});
  y = net.add("conv2", y, convolution(width, 3));
  y = net.add("bn2", y, graph::BatchNorm2d{});
  y = net.apply(graph::Add{}, {y, shortcut(net, x, width, stride)});
  return net.add("relu", y, graph::ReLU{});
}

// The stride is in the 3 × 3 convolution, as in torchvision (ResNet V1.5).
graph::Value bottleneck(graph::GraphBuilder& net, graph::Value x, std::int64_t width,
                        std::int64_t stride, const ResNetOptions& options) {
  auto block = net.open("Bottleneck");
  const std::int64_t inner = width * options.group_width / 64 * options.groups;
  graph::Conv2d middle = convolution(inner, 3, stride);
  middle.groups = options.groups;
  graph::Value y = net.add("conv1", x, convolution(inner, 1));
  y = net.add("bn1", y, graph::BatchNorm2d{});
  y = net.add("relu", y, graph::ReLU{});
  y = net.add("conv2", y, middle);
  y = net.add("bn2", y, graph::BatchNorm2d{});
  y = net.add("relu", y, graph::ReLU{});
  y = net.add("conv3", y, convolution(4 * width, 1));
  y = net.add("bn3", y, graph::BatchNorm2d{});
  y = net.apply(graph::Add{}, {y, shortcut(net, x, 4 * width, stride)});
  y = net.add("relu", y, graph::ReLU{});
  block.order({"conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "relu", "downsample"});
  return y;
}

}  // namespace

graph::Graph resnet(const std::string& name, const ResNetOptions& options) {
  graph::GraphBuilder net("ResNet", options.input_size);
  graph::Value x = net.input();
  x = net.add("conv1", x,
              convolution(options.widths[0], options.stem == Stem::kImageNet ? 7 : 3, 2));
  x = net.add("bn1", x, graph::BatchNorm2d{});
  x = net.add("relu", x, graph::ReLU{});
  x = net.add("maxpool", x, graph::MaxPool2d{.kernel = 3, .stride = 2, .padding = 1});
  for (std::size_t stage = 0; stage < 4; ++stage) {
    const auto layer = net.open("layer" + std::to_string(stage + 1), "Sequential");
    for (int i = 0; i < options.blocks[stage]; ++i) {
      const std::int64_t stride = stage > 0 && i == 0 ? 2 : 1;
      x = options.block == ResidualBlock::kBasic
              ? basic_block(net, x, options.widths[stage], stride)
              : bottleneck(net, x, options.widths[stage], stride, options);
    }
  }
  x = net.add("avgpool", x, graph::AdaptiveAvgPool2d{1});
  x = net.apply(graph::Flatten{}, {x});
  net.add("fc", x, graph::Linear{.out_features = options.classes});
  return std::move(net).finish(name);
}

}  // namespace engraft::zoo
