#include "graph/builder.h"
#include "zoo/architectures.h"

namespace engraft::zoo {
namespace {

graph::Value fire(graph::GraphBuilder& net, graph::Value x, std::int64_t squeeze,
                  std::int64_t expand) {
  const auto module = net.open("Fire");
  x = net.add("squeeze", x, graph::Conv2d{.out_channels = squeeze});
  x = net.add("squeeze_activation", x, graph::ReLU{});
  graph::Value narrow = net.add("expand1x1", x, graph::Conv2d{.out_channels = expand});
  narrow = net.add("expand1x1_activation", narrow, graph::ReLU{});
  graph::Value wide =
      net.add("expand3x3", x, graph::Conv2d{.out_channels = expand, .kernel = 3, .padding = 1});
  wide = net.add("expand3x3_activation", wide, graph::ReLU{});
  return net.apply(graph::Concat{}, {narrow, wide});
}

}  // namespace

graph::Graph squeezenet(const std::string& name, SqueezeNetVersion version) {
  const bool first = version == SqueezeNetVersion::k1_0;
  const auto pooled_before = [&](int module) {  // counted from 1
    return first ? module == 4 || module == 8 : module == 3 || module == 5;
  };
  graph::GraphBuilder net("SqueezeNet", 224);
  graph::Value x = net.input();
  {
    const auto features = net.open("features", "Sequential");
    const graph::MaxPool2d pool{.kernel = 3, .stride = 2, .ceil_mode = true};
    x = first ? net.add(x, graph::Conv2d{.out_channels = 96, .kernel = 7, .stride = 2})
              : net.add(x, graph::Conv2d{.out_channels = 64, .kernel = 3, .stride = 2});
    x = net.add(x, graph::ReLU{});
    x = net.add(x, pool);
    // Eight fire modules, two of each width but in the first version's order: 16, 16, 32, 32, ...
    for (int module = 1; module <= 8; ++module) {
      if (pooled_before(module)) x = net.add(x, pool);
      const std::int64_t squeeze = 16 * ((module + 1) / 2);
      x = fire(net, x, squeeze, 4 * squeeze);
    }
  }
  {
    const auto classifier = net.open("classifier", "Sequential");
    x = net.add(x, graph::Dropout{});
    x = net.add(x, graph::Conv2d{.out_channels = 1000});
    x = net.add(x, graph::ReLU{});
    x = net.add(x, graph::AdaptiveAvgPool2d{1});
  }
  net.apply(graph::Flatten{}, {x});
  return std::move(net).finish(name);
}

}  // namespace engraft::zoo
