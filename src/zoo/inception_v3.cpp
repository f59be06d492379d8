#include "graph/builder.h"
#include "zoo/architectures.h"

namespace engraft::zoo {
namespace {

graph::Value basic_conv(graph::GraphBuilder& net, const std::string& name, graph::Value x,
                        graph::Conv2d conv) {
  const auto module = net.open(name, "BasicConv2d");
  conv.bias = false;
  x = net.add("conv", x, conv);
  x = net.add("bn", x, graph::BatchNorm2d{.eps = 0.001F});
  return net.apply(graph::ReLU{}, {x});
}

// A convolution that keeps the size.
graph::Value same(graph::GraphBuilder& net, const std::string& name, graph::Value x,
                  std::int64_t channels, graph::Pair kernel = 1) {
  return basic_conv(net, name, x,
                    {.out_channels = channels,
                     .kernel = kernel,
                     .padding = {kernel.height / 2, kernel.width / 2}});
}

graph::Value halve(graph::GraphBuilder& net, const std::string& name, graph::Value x,
                   std::int64_t channels) {
  return basic_conv(net, name, x, {.out_channels = channels, .kernel = 3, .stride = 2});
}

graph::Value pooled(graph::GraphBuilder& net, graph::Value x, std::int64_t channels) {
  x = net.apply(graph::AvgPool2d{.kernel = 3, .stride = 1, .padding = 1}, {x});
  return same(net, "branch_pool", x, channels);
}

constexpr graph::MaxPool2d halving() { return {.kernel = 3, .stride = 2}; }

// The paper's figure 5.
graph::Value inception_a(graph::GraphBuilder& net, const std::string& name, graph::Value x,
                         std::int64_t pool_channels) {
  const auto module = net.open(name, "InceptionA");
  const graph::Value ones = same(net, "branch1x1", x, 64);
  const graph::Value fives = same(net, "branch5x5_2", same(net, "branch5x5_1", x, 48), 64, 5);
  graph::Value threes = same(net, "branch3x3dbl_1", x, 64);
  threes = same(net, "branch3x3dbl_2", threes, 96, 3);
  threes = same(net, "branch3x3dbl_3", threes, 96, 3);
  return net.apply(graph::Concat{}, {ones, fives, threes, pooled(net, x, pool_channels)});
}

graph::Value inception_b(graph::GraphBuilder& net, const std::string& name, graph::Value x) {
  const auto module = net.open(name, "InceptionB");
  const graph::Value threes = halve(net, "branch3x3", x, 384);
  graph::Value twice = same(net, "branch3x3dbl_1", x, 64);
  twice = same(net, "branch3x3dbl_2", twice, 96, 3);
  twice = halve(net, "branch3x3dbl_3", twice, 96);
  return net.apply(graph::Concat{}, {threes, twice, net.apply(halving(), {x})});
}

// Figure 6: 7 × 7 windows as a row and a column.
graph::Value inception_c(graph::GraphBuilder& net, const std::string& name, graph::Value x,
                         std::int64_t channels) {
  const graph::Pair row(1, 7);
  const graph::Pair column(7, 1);
  const auto module = net.open(name, "InceptionC");
  const graph::Value ones = same(net, "branch1x1", x, 192);
  graph::Value once = same(net, "branch7x7_1", x, channels);
  once = same(net, "branch7x7_2", once, channels, row);
  once = same(net, "branch7x7_3", once, 192, column);
  graph::Value twice = same(net, "branch7x7dbl_1", x, channels);
  twice = same(net, "branch7x7dbl_2", twice, channels, column);
  twice = same(net, "branch7x7dbl_3", twice, channels, row);
  twice = same(net, "branch7x7dbl_4", twice, channels, column);
  twice = same(net, "branch7x7dbl_5", twice, 192, row);
  return net.apply(graph::Concat{}, {ones, once, twice, pooled(net, x, 192)});
}

graph::Value inception_d(graph::GraphBuilder& net, const std::string& name, graph::Value x) {
  const auto module = net.open(name, "InceptionD");
  const graph::Value threes = halve(net, "branch3x3_2", same(net, "branch3x3_1", x, 192), 320);
  graph::Value sevens = same(net, "branch7x7x3_1", x, 192);
  sevens = same(net, "branch7x7x3_2", sevens, 192, {1, 7});
  sevens = same(net, "branch7x7x3_3", sevens, 192, {7, 1});
  sevens = halve(net, "branch7x7x3_4", sevens, 192);
  return net.apply(graph::Concat{}, {threes, sevens, net.apply(halving(), {x})});
}

// Figure 7: a row and a column side by side.
graph::Value inception_e(graph::GraphBuilder& net, const std::string& name, graph::Value x) {
  const auto module = net.open(name, "InceptionE");
  const auto both = [&](const std::string& branch, graph::Value y) {
    const graph::Value row = same(net, branch + "a", y, 384, {1, 3});
    const graph::Value column = same(net, branch + "b", y, 384, {3, 1});
    return net.apply(graph::Concat{}, {row, column});
  };
  const graph::Value ones = same(net, "branch1x1", x, 320);
  const graph::Value once = both("branch3x3_2", same(net, "branch3x3_1", x, 384));
  graph::Value twice = same(net, "branch3x3dbl_1", x, 448);
  twice = both("branch3x3dbl_3", same(net, "branch3x3dbl_2", twice, 384, 3));
  return net.apply(graph::Concat{}, {ones, once, twice, pooled(net, x, 192)});
}

void auxiliary_head(graph::GraphBuilder& net, graph::Value x) {
  const auto module = net.open("AuxLogits", "InceptionAux");
  x = net.apply(graph::AvgPool2d{.kernel = 5, .stride = 3}, {x});
  x = same(net, "conv0", x, 128);
  x = basic_conv(net, "conv1", x, {.out_channels = 768, .kernel = 5});
  x = net.apply(graph::Flatten{}, {net.apply(graph::AdaptiveAvgPool2d{1}, {x})});
  net.add("fc", x, graph::Linear{.out_features = 1000});
}

}  // namespace

graph::Graph inception_v3() {
  graph::GraphBuilder net("Inception3", 299);
  graph::Value x = net.input();
  x = halve(net, "Conv2d_1a_3x3", x, 32);
  x = basic_conv(net, "Conv2d_2a_3x3", x, {.out_channels = 32, .kernel = 3});
  x = same(net, "Conv2d_2b_3x3", x, 64, 3);
  x = net.add("maxpool1", x, halving());
  x = same(net, "Conv2d_3b_1x1", x, 80);
  x = basic_conv(net, "Conv2d_4a_3x3", x, {.out_channels = 192, .kernel = 3});
  x = net.add("maxpool2", x, halving());
  x = inception_a(net, "Mixed_5b", x, 32);
  x = inception_a(net, "Mixed_5c", x, 64);
  x = inception_a(net, "Mixed_5d", x, 64);
  x = inception_b(net, "Mixed_6a", x);
  x = inception_c(net, "Mixed_6b", x, 128);
  x = inception_c(net, "Mixed_6c", x, 160);
  x = inception_c(net, "Mixed_6d", x, 160);
  x = inception_c(net, "Mixed_6e", x, 192);
  auxiliary_head(net, x);
  x = inception_d(net, "Mixed_7a", x);
  x = inception_e(net, "Mixed_7b", x);
  x = inception_e(net, "Mixed_7c", x);
  x = net.add("avgpool", x, graph::AdaptiveAvgPool2d{1});
  x = net.add("dropout", x, graph::Dropout{});
  x = net.apply(graph::Flatten{}, {x});
  net.add("fc", x, graph::Linear{.out_features = 1000});
  return std::move(net).finish("inception_v3");
}

}  // namespace engraft::zoo
