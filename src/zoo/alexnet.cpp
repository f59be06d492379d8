#include "graph/builder.h"
#include "zoo/architectures.h"

namespace engraft {

Graph alexnet() {
  GraphBuilder net("AlexNet", 224);
  Value x = net.input();
  {
    const auto features = net.open("features", "Sequential");
    const MaxPool2d pool{.kernel = 3, .stride = 2};
    x = net.add(x, Conv2d{.out_channels = 64, .kernel = 11, .stride = 4, .padding = 2});
    x = net.add(x, ReLU{});
    x = net.add(x, pool);
    x = net.add(x, Conv2d{.out_channels = 192, .kernel = 5, .padding = 2});
    x = net.add(x, ReLU{});
    x = net.add(x, pool);
    for (const int channels : {384, 256, 256}) {
      x = net.add(x, Conv2d{.out_channels = channels, .kernel = 3, .padding = 1});
      x = net.add(x, ReLU{});
    }
    x = net.add(x, pool);
  }
  x = net.add("avgpool", x, AdaptiveAvgPool2d{6});
  x = net.apply(Flatten{}, {x});
  {
    const auto classifier = net.open("classifier", "Sequential");
    for (int layer = 0; layer < 2; ++layer) {
      x = net.add(x, Dropout{});
      x = net.add(x, Linear{.out_features = 4096});
      x = net.add(x, ReLU{});
    }
    net.add(x, Linear{.out_features = 1000});
  }
  return std::move(net).finish("alexnet");
}

}  // namespace engraft
