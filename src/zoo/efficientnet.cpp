#include <algorithm>
#include <cmath>

#include "graph/builder.h"
#include "zoo/architectures.h"
#include "zoo/blocks.h"

namespace engraft::zoo {
namespace {

// A row of the first paper's table 1 and the second's table 4.
struct Stage {
  bool fused;  // one 3 × 3 convolution in place of the 1 × 1 and the depthwise one; no squeezing
  std::int64_t expansion;
  std::int64_t kernel;
  std::int64_t stride;  // of the first block
  std::int64_t channels;
  int blocks;
};

const std::vector<Stage>& stages_of(EfficientNetKind kind) {
  static const std::vector<Stage> first = {{false, 1, 3, 1, 16, 1},  {false, 6, 3, 2, 24, 2},
                                           {false, 6, 5, 2, 40, 2},  {false, 6, 3, 2, 80, 3},
                                           {false, 6, 5, 1, 112, 3}, {false, 6, 5, 2, 192, 4},
                                           {false, 6, 3, 1, 320, 1}};
  static const std::vector<Stage> small = {{true, 1, 3, 1, 24, 2},   {true, 4, 3, 2, 48, 4},
                                           {true, 4, 3, 2, 64, 4},   {false, 4, 3, 2, 128, 6},
                                           {false, 6, 3, 1, 160, 9}, {false, 6, 3, 2, 256, 15}};
  static const std::vector<Stage> medium = {{true, 1, 3, 1, 24, 3},    {true, 4, 3, 2, 48, 5},
                                            {true, 4, 3, 2, 80, 5},    {false, 4, 3, 2, 160, 7},
                                            {false, 6, 3, 1, 176, 14}, {false, 6, 3, 2, 304, 18},
                                            {false, 6, 3, 1, 512, 5}};
  static const std::vector<Stage> large = {{true, 1, 3, 1, 32, 4},    {true, 4, 3, 2, 64, 7},
                                           {true, 4, 3, 2, 96, 7},    {false, 4, 3, 2, 192, 10},
                                           {false, 6, 3, 1, 224, 19}, {false, 6, 3, 2, 384, 25},
                                           {false, 6, 3, 1, 640, 7}};
  switch (kind) {
    case EfficientNetKind::kV2Small:
      return small;
    case EfficientNetKind::kV2Medium:
      return medium;
    case EfficientNetKind::kV2Large:
      return large;
    case EfficientNetKind::kV1:
      break;
  }
  return first;
}

graph::Value block(graph::GraphBuilder& net, graph::Value x, const Stage& stage,
                   std::int64_t channels, std::int64_t stride, double drop_probability,
                   const graph::BatchNorm2d& norm) {
  const auto module = net.open(stage.fused ? "FusedMBConv" : "MBConv");
  const std::int64_t in = net.channels(x);
  const std::int64_t expanded = make_divisible(static_cast<double>(in * stage.expansion));
  graph::Value y = x;
  {
    const auto sequence = net.open("block", "Sequential");
    if (stage.fused) {
      const bool expands = expanded != in;
      y = conv_norm_activation(
          net, "", y,
          {.out_channels = expands ? expanded : channels, .kernel = stage.kernel, .stride = stride},
          graph::SiLU{}, norm);
      if (expands) y = conv_norm(net, "", y, {.out_channels = channels}, norm);
    } else {
      if (expanded != in) {
        y = conv_norm_activation(net, "", y, {.out_channels = expanded}, graph::SiLU{}, norm);
      }
      y = conv_norm_activation(
          net, "", y,
          {.out_channels = expanded, .kernel = stage.kernel, .stride = stride, .groups = expanded},
          graph::SiLU{}, norm);
      y = squeeze_excitation(net, "", y, std::max<std::int64_t>(1, in / 4), graph::SiLU{},
                             graph::Sigmoid{});
      y = conv_norm(net, "", y, {.out_channels = channels}, norm);
    }
  }
  // Part of every block, used where there is a residual.
  const graph::Value kept =
      net.add("stochastic_depth", y, graph::StochasticDepth{drop_probability});
  const bool residual = stride == 1 && in == channels;
  return residual ? net.apply(graph::Add{}, {kept, x}) : y;
}

}  // namespace

graph::Graph efficientnet(const std::string& name, const EfficientNetOptions& options) {
  const bool first = options.kind == EfficientNetKind::kV1;
  const std::vector<Stage>& stages = stages_of(options.kind);
  const auto width = [&](std::int64_t channels) {
    return make_divisible(static_cast<double>(channels) * options.width);
  };
  const auto depth = [&](int blocks) {
    return static_cast<int>(std::ceil(blocks * options.depth));
  };
  int total = 0;
  for (const Stage& stage : stages) total += depth(stage.blocks);

  graph::GraphBuilder net("EfficientNet", options.input_size);
  graph::Value x = net.input();
  {
    const auto features = net.open("features", "Sequential");
    const std::int64_t stem = first ? width(32) : stages[0].channels;
    x = conv_norm_activation(net, "", x, {.out_channels = stem, .kernel = 3, .stride = 2},
                             graph::SiLU{}, options.norm);
    int number = 0;
    for (const Stage& stage : stages) {
      const auto sequence = net.open("Sequential");
      for (int i = 0; i < depth(stage.blocks); ++i) {
        const double drop = 0.2 * static_cast<double>(number++) / total;
        x = block(net, x, stage, width(stage.channels), i == 0 ? stage.stride : 1, drop,
                  options.norm);
      }
    }
    const std::int64_t last = first ? 4 * net.channels(x) : 1280;
    x = conv_norm_activation(net, "", x, {.out_channels = last}, graph::SiLU{}, options.norm);
  }
  x = net.add("avgpool", x, graph::AdaptiveAvgPool2d{.output = 1, .printed_as_number = true});
  x = net.apply(graph::Flatten{}, {x});
  {
    const auto classifier = net.open("classifier", "Sequential");
    x = net.add(x, graph::Dropout{.probability = options.dropout, .inplace = true});
    net.add(x, graph::Linear{.out_features = 1000});
  }
  return std::move(net).finish(name);
}

}  // namespace engraft::zoo
