#include "graph/builder.h"
#include "zoo/architectures.h"

namespace engraft::zoo {

graph::Graph alexnet() {
  graph::GraphBuilder net("AlexNet", 224);
  graph::Value x = net.input();
  {
    const auto features = net.open("features", "Sequential");
    const graph::MaxPool2d pool{.kernel = 3, .stride = 2};
    x = net.add(x, graph::Conv2d{.out_channels = 64, .kernel = 11, .stride = 4, .padding = 2});
    x = net.add(x, graph::ReLU{});
    x = net.add(x, pool);
    x = net.add(x, graph::Conv2d{.out_channels = 192, .kernel = 5, .padding = 2});
    x = net.add(x, graph::ReLU{});
    x = net.add(x, pool);
    for (const int channels : {384, 256, 256}) {
      x = net.add(x, graph::Conv2d{.out_channels = channels, .kernel = 3, .padding = 1});
      x = net.add(x, graph::ReLU{});
    }
    x = net.add(x, pool);
  }
  x = net.add("avgpool", x, graph::AdaptiveAvgPool2d{6});
  x = net.apply(graph::Flatten{}, {x});
  {
    const auto classifier = net.open("classifier", "Sequential");
    for (int layer = 0; layer < 2; ++layer) {
      x = net.add(x, graph::Dropout{});
      x = net.add(x, graph::Linear{.out_features = 4096});
      x = net.add(x, graph::ReLU{});
    }
    net.add(x, graph::Linear{.out_features = 1000});
  }
  return std::move(net).finish("alexnet");
}

}  // namespace engraft::zoo
