#include "zoo/blocks.h"

#include <algorithm>

namespace engraft::zoo {
namespace {

graph::GraphBuilder::Scope open(graph::GraphBuilder& net, std::string name, std::string type) {
  return name.empty() ? net.open(std::move(type)) : net.open(std::move(name), std::move(type));
}

graph::Value add_conv_norm(graph::GraphBuilder& net, graph::Value x, graph::Conv2d conv,
                           const graph::BatchNorm2d& norm) {
  conv.padding = {(conv.kernel.height - 1) / 2, (conv.kernel.width - 1) / 2};
  conv.bias = false;
  return net.add(net.add(x, conv), norm);
}

}  // namespace

std::int64_t make_divisible(double channels, std::int64_t divisor) {
  const std::int64_t rounded =
      std::max(divisor, static_cast<std::int64_t>(channels + static_cast<double>(divisor) / 2) /
                            divisor * divisor);
  return static_cast<double>(rounded) < 0.9 * channels ? rounded + divisor : rounded;
}

graph::Value conv_norm(graph::GraphBuilder& net, std::string name, graph::Value x,
                       graph::Conv2d conv, graph::BatchNorm2d norm) {
  const auto module = open(net, std::move(name), "Conv2dNormActivation");
  return add_conv_norm(net, x, conv, norm);
}

graph::Value conv_norm_activation(graph::GraphBuilder& net, std::string name, graph::Value x,
                                  graph::Conv2d conv, graph::Layer activation,
                                  graph::BatchNorm2d norm, std::string type) {
  const auto module = open(net, std::move(name), std::move(type));
  return net.add(add_conv_norm(net, x, conv, norm), std::move(activation));
}

graph::Value squeeze_excitation(graph::GraphBuilder& net, std::string name, graph::Value x,
                                std::int64_t squeezed, graph::Layer activation,
                                graph::Layer scale_activation) {
  auto module = open(net, std::move(name), "SqueezeExcitation");
  const std::int64_t channels = net.channels(x);
  graph::Value scale =
      net.add("avgpool", x, graph::AdaptiveAvgPool2d{.output = 1, .printed_as_number = true});
  scale = net.add("fc1", scale, graph::Conv2d{.out_channels = squeezed});
  scale = net.add("activation", scale, std::move(activation));
  scale = net.add("fc2", scale, graph::Conv2d{.out_channels = channels});
  scale = net.add("scale_activation", scale, std::move(scale_activation));
  module.order({"avgpool", "fc1", "fc2", "activation", "scale_activation"});
  return net.apply(graph::Multiply{}, {x, scale});
}

graph::Value mlp(graph::GraphBuilder& net, std::string name, graph::Value x, std::int64_t hidden,
                 std::string type) {
  const auto module = open(net, std::move(name), std::move(type));
  const std::int64_t width = net.shape(x).back();
  x = net.add(x, graph::Linear{.out_features = hidden});
  x = net.add(x, graph::GELU{});
  x = net.add(x, graph::Dropout{0});
  x = net.add(x, graph::Linear{.out_features = width});
  return net.add(x, graph::Dropout{0});
}

}  // namespace engraft::zoo
