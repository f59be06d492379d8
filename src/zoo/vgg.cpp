#include <array>

#include "graph/builder.h"
#include "zoo/architectures.h"

namespace engraft::zoo {

graph::Graph vgg(const std::string& name, int depth, BatchNormalization normalization) {
  // Convolutions in each of the five stages; three fully connected layers follow.
  const std::array<int, 5> convolutions = depth == 11   ? std::array{1, 1, 2, 2, 2}
                                          : depth == 13 ? std::array{2, 2, 2, 2, 2}
                                          : depth == 16 ? std::array{2, 2, 3, 3, 3}
                                                        : std::array{2, 2, 4, 4, 4};
  graph::GraphBuilder net("VGG", 224);
  graph::Value x = net.input();
  {
    const auto features = net.open("features", "Sequential");
    std::int64_t channels = 64;
    for (const int count : convolutions) {
      for (int i = 0; i < count; ++i) {
        x = net.add(x, graph::Conv2d{.out_channels = channels, .kernel = 3, .padding = 1});
        if (normalization == BatchNormalization::kYes) x = net.add(x, graph::BatchNorm2d{});
        x = net.add(x, graph::ReLU{});
      }
      x = net.add(x, graph::MaxPool2d{});
      channels = std::min<std::int64_t>(2 * channels, 512);
    }
  }
  x = net.add("avgpool", x, graph::AdaptiveAvgPool2d{7});
  x = net.apply(graph::Flatten{}, {x});
  {
    const auto classifier = net.open("classifier", "Sequential");
    for (int layer = 0; layer < 2; ++layer) {
      x = net.add(x, graph::Linear{.out_features = 4096});
      x = net.add(x, graph::ReLU{});
      x = net.add(x, graph::Dropout{});
    }
    net.add(x, graph::Linear{.out_features = 1000});
  }
  return std::move(net).finish(name);
}

}  // namespace engraft::zoo
