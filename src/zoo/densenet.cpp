#include "graph/builder.h"
#include "zoo/architectures.h"

namespace engraft {
namespace {

Value dense_layer(GraphBuilder& net, const std::string& name, Value x, std::int64_t growth) {
  const auto layer = net.open(name, "_DenseLayer");
  x = net.add("norm1", x, BatchNorm2d{});
  x = net.add("relu1", x, ReLU{});
  x = net.add("conv1", x, Conv2d{.out_channels = 4 * growth, .bias = false});
  x = net.add("norm2", x, BatchNorm2d{});
  x = net.add("relu2", x, ReLU{});
  return net.add("conv2", x,
                 Conv2d{.out_channels = growth, .kernel = 3, .padding = 1, .bias = false});
}

Value transition(GraphBuilder& net, const std::string& name, Value x) {
  const auto module = net.open(name, "_Transition");
  x = net.add("norm", x, BatchNorm2d{});
  x = net.add("relu", x, ReLU{});
  x = net.add("conv", x, Conv2d{.out_channels = net.channels(x) / 2, .bias = false});
  return net.add("pool", x, AvgPool2d{.kernel = 2, .stride = 2});
}

}  // namespace

Graph densenet(const std::string& name, const DenseNetOptions& options) {
  GraphBuilder net("DenseNet", 224);
  Value x = net.input();
  {
    const auto features = net.open("features", "Sequential");
    x = net.add("conv0", x,
                Conv2d{.out_channels = options.stem_channels,
                       .kernel = 7,
                       .stride = 2,
                       .padding = 3,
                       .bias = false});
    x = net.add("norm0", x, BatchNorm2d{});
    x = net.add("relu0", x, ReLU{});
    x = net.add("pool0", x, MaxPool2d{.kernel = 3, .stride = 2, .padding = 1});
    for (std::size_t i = 0; i < options.layers.size(); ++i) {
      const std::string number = std::to_string(i + 1);
      {
        const auto block = net.open("denseblock" + number, "_DenseBlock");
        for (int layer = 1; layer <= options.layers[i]; ++layer) {
          const Value grown =
              dense_layer(net, "denselayer" + std::to_string(layer), x, options.growth);
          x = net.apply(Concat{}, {x, grown});
        }
      }
      if (i + 1 < options.layers.size()) x = transition(net, "transition" + number, x);
    }
    x = net.add("norm5", x, BatchNorm2d{});
  }
  x = net.apply(ReLU{}, {x});
  x = net.apply(Flatten{}, {net.apply(AdaptiveAvgPool2d{1}, {x})});
  net.add("classifier", x, Linear{.out_features = 1000});
  return std::move(net).finish(name);
}

}  // namespace engraft
