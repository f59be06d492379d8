#include "graph/builder.h"
#include "zoo/architectures.h"

namespace engraft::zoo {
namespace {

constexpr graph::LayerNorm kNorm{.eps = 1e-6F};
constexpr graph::LayerNorm kNorm2d{.eps = 1e-6F, .channels_first = true};

graph::Value block(graph::GraphBuilder& net, graph::Value x, double drop_probability) {
  const auto module = net.open("CNBlock");
  const std::int64_t channels = net.channels(x);
  graph::Value y = x;
  {
    const auto sequence = net.open("block", "Sequential");
    y = net.add(
        y, graph::Conv2d{.out_channels = channels, .kernel = 7, .padding = 3, .groups = channels});
    y = net.add(y, graph::Permute{{0, 2, 3, 1}});
    y = net.add(y, kNorm);
    y = net.add(y, graph::Linear{.out_features = 4 * channels});
    y = net.add(y, graph::GELU{});
    y = net.add(y, graph::Linear{.out_features = channels});
    y = net.add(y, graph::Permute{{0, 3, 1, 2}});
  }
  const graph::Value scale = net.own(graph::Parameter{"layer_scale", {channels, 1, 1}, 1e-6F});
  y = net.apply(graph::Multiply{}, {y, scale});
  y = net.add("stochastic_depth", y, graph::StochasticDepth{drop_probability});
  return net.apply(graph::Add{}, {y, x});
}

}  // namespace

graph::Graph convnext(const std::string& name, const ConvNeXtOptions& options) {
  int total = 0;
  for (const int depth : options.depths) total += depth;

  graph::GraphBuilder net("ConvNeXt", 224);
  graph::Value x = net.input();
  {
    const auto features = net.open("features", "Sequential");
    {
      const auto stem = net.open("Conv2dNormActivation");
      x = net.add(x, graph::Conv2d{.out_channels = options.channels[0], .kernel = 4, .stride = 4});
      x = net.add(x, kNorm2d);
    }
    int number = 0;
    for (std::size_t stage = 0; stage < options.depths.size(); ++stage) {
      if (stage > 0) {
        const auto downsampling = net.open("Sequential");
        x = net.add(x, kNorm2d);
        x = net.add(
            x, graph::Conv2d{.out_channels = options.channels[stage], .kernel = 2, .stride = 2});
      }
      const auto sequence = net.open("Sequential");
      for (int i = 0; i < options.depths[stage]; ++i) {
        x = block(net, x, options.drop_probability * number++ / (total - 1.0));
      }
    }
  }
  x = net.add("avgpool", x, graph::AdaptiveAvgPool2d{.output = 1, .printed_as_number = true});
  {
    const auto classifier = net.open("classifier", "Sequential");
    x = net.add(x, kNorm2d);
    x = net.add(x, graph::Flatten{});
    net.add(x, graph::Linear{.out_features = 1000});
  }
  return std::move(net).finish(name);
}

}  // namespace engraft::zoo
