#include <array>

#include "graph/builder.h"
#include "zoo/architectures.h"

namespace engraft::zoo {
namespace {

graph::Value basic_conv(graph::GraphBuilder& net, const std::string& name, graph::Value x,
                        graph::Conv2d conv) {
  const auto module = net.open(name, "BasicConv2d");
  conv.padding = conv.kernel.height / 2;
  conv.bias = false;
  x = net.add("conv", x, conv);
  x = net.add("bn", x, graph::BatchNorm2d{.eps = 0.001F});
  return net.apply(graph::ReLU{}, {x});
}

// The columns of the paper's table 1.
struct Widths {
  std::int64_t ones;
  std::int64_t threes_reduced;
  std::int64_t threes;
  std::int64_t fives_reduced;
  std::int64_t fives;
  std::int64_t pooled;
};

// The branch of 5 × 5 convolutions has 3 × 3 ones in torchvision, and so in its weights.
graph::Value inception(graph::GraphBuilder& net, const std::string& name, graph::Value x,
                       const Widths& widths) {
  const auto module = net.open(name, "Inception");
  const auto reduced = [&](const char* branch, std::int64_t first, std::int64_t second) {
    const auto sequence = net.open(branch, "Sequential");
    const graph::Value y = basic_conv(net, "0", x, {.out_channels = first});
    return basic_conv(net, "1", y, {.out_channels = second, .kernel = 3});
  };
  const graph::Value ones = basic_conv(net, "branch1", x, {.out_channels = widths.ones});
  const graph::Value threes = reduced("branch2", widths.threes_reduced, widths.threes);
  const graph::Value fives = reduced("branch3", widths.fives_reduced, widths.fives);
  graph::Value pooled = x;
  {
    const auto sequence = net.open("branch4", "Sequential");
    pooled = net.add(pooled,
                     graph::MaxPool2d{.kernel = 3, .stride = 1, .padding = 1, .ceil_mode = true});
    pooled = basic_conv(net, "1", pooled, {.out_channels = widths.pooled});
  }
  return net.apply(graph::Concat{}, {ones, threes, fives, pooled});
}

void auxiliary_head(graph::GraphBuilder& net, const std::string& name, graph::Value x) {
  auto module = net.open(name, "InceptionAux");
  x = net.apply(graph::AdaptiveAvgPool2d{4}, {x});
  x = basic_conv(net, "conv", x, {.out_channels = 128});
  x = net.apply(graph::Flatten{}, {x});
  x = net.apply(graph::ReLU{}, {net.add("fc1", x, graph::Linear{.out_features = 1024})});
  x = net.add("dropout", x, graph::Dropout{.probability = 0.7F});
  net.add("fc2", x, graph::Linear{.out_features = 1000});
  module.order({"conv", "fc1", "fc2", "dropout"});
}

}  // namespace

graph::Graph googlenet() {
  const graph::MaxPool2d halve{.kernel = 3, .stride = 2, .ceil_mode = true};
  graph::GraphBuilder net("GoogLeNet", 224);
  graph::Value x = net.input();
  x = basic_conv(net, "conv1", x, {.out_channels = 64, .kernel = 7, .stride = 2});
  x = net.add("maxpool1", x, halve);
  x = basic_conv(net, "conv2", x, {.out_channels = 64});
  x = basic_conv(net, "conv3", x, {.out_channels = 192, .kernel = 3});
  x = net.add("maxpool2", x, halve);
  x = inception(net, "inception3a", x, {64, 96, 128, 16, 32, 32});
  x = inception(net, "inception3b", x, {128, 128, 192, 32, 96, 64});
  x = net.add("maxpool3", x, halve);
  x = inception(net, "inception4a", x, {192, 96, 208, 16, 48, 64});
  auxiliary_head(net, "aux1", x);
  x = inception(net, "inception4b", x, {160, 112, 224, 24, 64, 64});
  x = inception(net, "inception4c", x, {128, 128, 256, 24, 64, 64});
  x = inception(net, "inception4d", x, {112, 144, 288, 32, 64, 64});
  auxiliary_head(net, "aux2", x);
  x = inception(net, "inception4e", x, {256, 160, 320, 32, 128, 128});
  x = net.add("maxpool4", x, graph::MaxPool2d{.kernel = 2, .stride = 2, .ceil_mode = true});
  x = inception(net, "inception5a", x, {256, 160, 320, 32, 128, 128});
  x = inception(net, "inception5b", x, {384, 192, 384, 48, 128, 128});
  x = net.add("avgpool", x, graph::AdaptiveAvgPool2d{1});
  x = net.apply(graph::Flatten{}, {x});
  x = net.add("dropout", x, graph::Dropout{.probability = 0.2F});
  net.add("fc", x, graph::Linear{.out_features = 1000});
  net.order({"conv1", "maxpool1", "conv2", "conv3", "maxpool2", "inception3a", "inception3b",
             "maxpool3", "inception4a", "inception4b", "inception4c", "inception4d", "inception4e",
             "maxpool4", "inception5a", "inception5b", "aux1", "aux2"});
  return std::move(net).finish("googlenet");
}

}  // namespace engraft::zoo
