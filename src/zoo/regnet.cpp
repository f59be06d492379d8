#include <algorithm>
#include <cmath>

#include "graph/builder.h"
#include "zoo/architectures.h"
#include "zoo/blocks.h"

namespace engraft::zoo {
namespace {

struct Stage {
  std::int64_t width;
  std::int64_t group_width;
  int depth;
};

// The paper's equations 2 to 4: widths grow with the block's number, quantised so that the blocks
// fall into stages. Computed in single precision, as torchvision does.
std::vector<Stage> stages_of(const RegNetOptions& options) {
  std::vector<Stage> stages;
  for (int block = 0; block < options.depth; ++block) {
    const float width = static_cast<float>(block) * options.slope + options.initial_width;
    const float capacity =
        std::nearbyint(std::log(width / options.initial_width) / std::log(options.step));
    const float quantised =
        std::nearbyint(options.initial_width * std::pow(options.step, capacity) / 8) * 8;
    const auto channels = static_cast<std::int64_t>(quantised);
    if (stages.empty() || stages.back().width != channels) {
      stages.push_back({channels, std::min(options.group_width, channels), 0});
    }
    ++stages.back().depth;
  }
  for (Stage& stage : stages) {
    stage.width = make_divisible(static_cast<double>(stage.width), stage.group_width);
  }
  return stages;
}

graph::Value block(graph::GraphBuilder& net, graph::Value x, const Stage& stage,
                   std::int64_t stride, bool squeeze) {
  const std::int64_t width = stage.width;
  graph::Value shortcut = x;
  if (net.channels(x) != width || stride != 1) {
    shortcut = conv_norm(net, "proj", x, {.out_channels = width, .stride = stride});
  }
  graph::Value y = x;
  {
    const auto f = net.open("f", "BottleneckTransform");
    y = conv_norm_activation(net, "a", y, {.out_channels = width}, graph::ReLU{});
    y = conv_norm_activation(
        net, "b", y,
        {.out_channels = width, .kernel = 3, .stride = stride, .groups = width / stage.group_width},
        graph::ReLU{});
    if (squeeze) {
      const auto narrow =
          static_cast<std::int64_t>(std::nearbyint(0.25 * static_cast<double>(net.channels(x))));
      y = squeeze_excitation(net, "se", y, narrow, graph::ReLU{.inplace = false}, graph::Sigmoid{});
    }
    y = conv_norm(net, "c", y, {.out_channels = width});
  }
  return net.add("activation", net.apply(graph::Add{}, {shortcut, y}), graph::ReLU{});
}

}  // namespace

graph::Graph regnet(const std::string& name, const RegNetOptions& options) {
  graph::GraphBuilder net("RegNet", 224);
  graph::Value x = net.input();
  x = conv_norm_activation(net, "stem", x, {.out_channels = 32, .kernel = 3, .stride = 2},
                           graph::ReLU{}, {}, "SimpleStemIN");
  {
    const auto trunk = net.open("trunk_output", "Sequential");
    int number = 0;
    for (const Stage& stage : stages_of(options)) {
      const std::string stage_name = "block" + std::to_string(++number);
      const auto module = net.open(stage_name, "AnyStage");
      for (int i = 0; i < stage.depth; ++i) {
        const auto residual = net.open(stage_name + "-" + std::to_string(i), "ResBottleneckBlock");
        x = block(net, x, stage, i == 0 ? 2 : 1, options.squeeze_excitation);
      }
    }
  }
  x = net.add("avgpool", x, graph::AdaptiveAvgPool2d{1});
  x = net.apply(graph::Flatten{}, {x});
  net.add("fc", x, graph::Linear{.out_features = 1000});
  return std::move(net).finish(name);
}

}  // namespace engraft::zoo
