#include "graph/builder.h"
#include "zoo/architectures.h"

namespace engraft::zoo {
namespace {

graph::Value dense_layer(graph::GraphBuilder& net, const std::string& name, graph::Value x,
                         std::int64_t growth) {
  const auto layer = net.open(name, "_DenseLayer");
  x = net.add("norm1", x, graph::BatchNorm2d{});
  x = net.add("relu1", x, graph::ReLU{});
  x = net.add("conv1", x, graph::Conv2d{.out_channels = 4 * growth, .bias = false});
  x = net.add("norm2", x, graph::BatchNorm2d{});
  x = net.add("relu2", x, graph::ReLU{});
  return net.add("conv2", x,
                 graph::Conv2d{.out_channels = growth, .kernel = 3, .padding = 1, .bias = false});
}

graph::Value transition(graph::GraphBuilder& net, const std::string& name, graph::Value x) {
  const auto module = net.open(name, "_Transition");
  x = net.add("norm", x, graph::BatchNorm2d{});
  x = net.add("relu", x, graph::ReLU{});
  x = net.add("conv", x, graph::Conv2d{.out_channels = net.channels(x) / 2, .bias = false});
  return net.add("pool", x, graph::AvgPool2d{.kernel = 2, .stride = 2});
}

}  // namespace

graph::Graph densenet(const std::string& name, const DenseNetOptions& options) {
  graph::GraphBuilder net("DenseNet", 224);
  graph::Value x = net.input();
  {
    const auto features = net.open("features", "Sequential");
    x = net.add("conv0", x,
                graph::Conv2d{.out_channels = options.stem_channels,
                              .kernel = 7,
                              .stride = 2,
                              .padding = 3,
                              .bias = false});
    x = net.add("norm0", x, graph::BatchNorm2d{});
    x = net.add("relu0", x, graph::ReLU{});
    x = net.add("pool0", x, graph::MaxPool2d{.kernel = 3, .stride = 2, .padding = 1});
    for (std::size_t i = 0; i < options.layers.size(); ++i) {
      const std::string number = std::to_string(i + 1);
      {
        const auto block = net.open("denseblock" + number, "_DenseBlock");
        for (int layer = 1; layer <= options.layers[i]; ++layer) {
          const graph::Value grown =
              dense_layer(net, "denselayer" + std::to_string(layer), x, options.growth);
          x = net.apply(graph::Concat{}, {x, grown});
        }
      }
      if (i + 1 < options.layers.size()) x = transition(net, "transition" + number, x);
    }
    x = net.add("norm5", x, graph::BatchNorm2d{});
  }
  x = net.apply(graph::ReLU{}, {x});
  x = net.apply(graph::Flatten{}, {net.apply(graph::AdaptiveAvgPool2d{1}, {x})});
  net.add("classifier", x, graph::Linear{.out_features = 1000});
  return std::move(net).finish(name);
}

}  // namespace engraft::zoo
