#include <array>
#include <span>

#include "graph/builder.h"
#include "zoo/architectures.h"
#include "zoo/blocks.h"

namespace engraft::zoo {
namespace {

// A row of the paper's tables 1 and 2.
struct Row {
  std::int64_t kernel;
  std::int64_t expanded;
  std::int64_t channels;
  bool squeeze;
  bool hardswish;  // else ReLU
  std::int64_t stride;
};

constexpr std::array<Row, 15> kLarge = {{{3, 16, 16, false, false, 1},
                                         {3, 64, 24, false, false, 2},
                                         {3, 72, 24, false, false, 1},
                                         {5, 72, 40, true, false, 2},
                                         {5, 120, 40, true, false, 1},
                                         {5, 120, 40, true, false, 1},
                                         {3, 240, 80, false, true, 2},
                                         {3, 200, 80, false, true, 1},
                                         {3, 184, 80, false, true, 1},
                                         {3, 184, 80, false, true, 1},
                                         {3, 480, 112, true, true, 1},
                                         {3, 672, 112, true, true, 1},
                                         {5, 672, 160, true, true, 2},
                                         {5, 960, 160, true, true, 1},
                                         {5, 960, 160, true, true, 1}}};
constexpr std::array<Row, 11> kSmall = {{{3, 16, 16, true, false, 2},
                                         {3, 72, 24, false, false, 2},
                                         {3, 88, 24, false, false, 1},
                                         {5, 96, 40, true, true, 2},
                                         {5, 240, 40, true, true, 1},
                                         {5, 240, 40, true, true, 1},
                                         {5, 120, 48, true, true, 1},
                                         {5, 144, 48, true, true, 1},
                                         {5, 288, 96, true, true, 2},
                                         {5, 576, 96, true, true, 1},
                                         {5, 576, 96, true, true, 1}}};

constexpr graph::BatchNorm2d kNorm{.eps = 0.001F, .momentum = 0.01};

graph::Value inverted_residual(graph::GraphBuilder& net, graph::Value x, const Row& row) {
  const auto module = net.open("InvertedResidual");
  const graph::Layer activation =
      row.hardswish ? graph::Layer(graph::Hardswish{}) : graph::Layer(graph::ReLU{});
  graph::Value y = x;
  {
    const auto block = net.open("block", "Sequential");
    if (row.expanded != net.channels(x)) {
      y = conv_norm_activation(net, "", y, {.out_channels = row.expanded}, activation, kNorm);
    }
    y = conv_norm_activation(net, "", y,
                             {.out_channels = row.expanded,
                              .kernel = row.kernel,
                              .stride = row.stride,
                              .groups = row.expanded},
                             activation, kNorm);
    if (row.squeeze) {
      const std::int64_t squeezed = make_divisible(static_cast<double>(row.expanded / 4));
      y = squeeze_excitation(net, "", y, squeezed, graph::ReLU{.inplace = false},
                             graph::Hardsigmoid{});
    }
    y = conv_norm(net, "", y, {.out_channels = row.channels}, kNorm);
  }
  const bool residual = row.stride == 1 && net.channels(x) == row.channels;
  return residual ? net.apply(graph::Add{}, {y, x}) : y;
}

}  // namespace

graph::Graph mobilenet_v3(const std::string& name, MobileNetV3Size size) {
  const bool large = size == MobileNetV3Size::kLarge;
  const std::span<const Row> rows = large ? std::span<const Row>(kLarge) : kSmall;
  graph::GraphBuilder net("MobileNetV3", 224);
  graph::Value x = net.input();
  {
    const auto features = net.open("features", "Sequential");
    x = conv_norm_activation(net, "", x, {.out_channels = 16, .kernel = 3, .stride = 2},
                             graph::Hardswish{}, kNorm);
    for (const Row& row : rows) x = inverted_residual(net, x, row);
    x = conv_norm_activation(net, "", x, {.out_channels = 6 * rows.back().channels},
                             graph::Hardswish{}, kNorm);
  }
  x = net.add("avgpool", x, graph::AdaptiveAvgPool2d{.output = 1, .printed_as_number = true});
  x = net.apply(graph::Flatten{}, {x});
  {
    const auto classifier = net.open("classifier", "Sequential");
    x = net.add(x, graph::Linear{.out_features = large ? 1280 : 1024});
    x = net.add(x, graph::Hardswish{});
    x = net.add(x, graph::Dropout{.probability = 0.2F, .inplace = true});
    net.add(x, graph::Linear{.out_features = 1000});
  }
  return std::move(net).finish(name);
}

}  // namespace engraft::zoo
