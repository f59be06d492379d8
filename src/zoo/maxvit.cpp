#include <array>
#include <cmath>

#include "graph/builder.h"
#include "zoo/architectures.h"
#include "zoo/blocks.h"

namespace engraft::zoo {
namespace {

constexpr graph::BatchNorm2d kNorm{.eps = 1e-3F, .momentum = 0.99};
constexpr std::int64_t kPartition = 7;
constexpr std::int64_t kHeadWidth = 32;

graph::Value keep(graph::GraphBuilder& net, const std::string& name, graph::Value x,
                  double drop_probability) {
  if (drop_probability > 0) return net.add(name, x, graph::StochasticDepth{drop_probability});
  net.declare(name, "Identity");
  return x;
}

graph::Value mbconv(graph::GraphBuilder& net, graph::Value x, std::int64_t channels,
                    std::int64_t stride, double drop_probability) {
  auto module = net.open("MBconv", "MBConv");
  graph::Value shortcut = x;
  if (stride != 1 || net.channels(x) != channels) {
    const auto projection = net.open("proj", "Sequential");
    if (stride == 2)
      shortcut = net.add(x, graph::AvgPool2d{.kernel = 3, .stride = 2, .padding = 1});
    shortcut = net.add(shortcut, graph::Conv2d{.out_channels = channels});
  } else {
    net.declare("proj", "Identity");
  }
  const std::int64_t expanded = 4 * channels;
  graph::Value y = x;
  {
    const auto layers = net.open("layers", "Sequential");
    y = net.add("pre_norm", y, kNorm);
    y = conv_norm_activation(net, "conv_a", y, {.out_channels = expanded}, graph::GELU{}, kNorm);
    y = conv_norm_activation(
        net, "conv_b", y,
        {.out_channels = expanded, .kernel = 3, .stride = stride, .groups = expanded},
        graph::GELU{}, kNorm);
    y = squeeze_excitation(net, "squeeze_excitation", y, channels / 4,
                           graph::SiLU{.inplace = false}, graph::Sigmoid{});
    y = net.add("conv_c", y, graph::Conv2d{.out_channels = channels});
  }
  y = keep(net, "stochastic_depth", y, drop_probability);
  module.order({"proj", "stochastic_depth", "layers"});
  return net.apply(graph::Add{}, {shortcut, y});
}

// Relative position attention; its products are scaled by all channels, not by a head's.
graph::Value relative_attention(graph::GraphBuilder& net, graph::Value x, bool grid) {
  const auto module = net.open("RelativePositionalMultiHeadAttention");
  const std::int64_t width = net.shape(x).back();
  const std::int64_t heads = width / kHeadWidth;
  const std::int64_t offsets = (2 * kPartition - 1) * (2 * kPartition - 1);
  const graph::Value table =
      net.own(graph::Parameter{"relative_position_bias_table", {offsets, heads}, 0, 0.02F});
  net.own(graph::RelativePositionIndex{.window = kPartition, .flat = false});
  x = net.add("to_qkv", x, graph::Linear{.out_features = 3 * width});
  x = net.apply(graph::WindowAttention{.heads = heads,
                                       .window = kPartition,
                                       .dilated = grid,
                                       .scale = 1 / std::sqrt(static_cast<float>(width))},
                {x, table});
  return net.add("merge", x, graph::Linear{.out_features = width});
}

// torchvision takes the picture apart into windows and puts it together again; here it stays whole,
// and attention finds its windows in it.
graph::Value partition_attention(graph::GraphBuilder& net, const std::string& name, graph::Value x,
                                 bool grid, double drop_probability) {
  auto module = net.open(name, "PartitionAttentionLayer");
  const graph::StochasticDepth depth{drop_probability};
  net.declare("partition_op", "WindowPartition");
  net.declare("departition_op", "WindowDepartition");
  net.declare("partition_swap", grid ? "SwapAxes" : "Identity");
  net.declare("departition_swap", grid ? "SwapAxes" : "Identity");
  x = net.apply(graph::Permute{{0, 2, 3, 1}}, {x});
  const std::int64_t width = net.shape(x).back();
  graph::Value y = x;
  {
    const auto layers = net.open("attn_layer", "Sequential");
    y = net.add(y, graph::LayerNorm{});
    y = relative_attention(net, y, grid);
    y = net.add(y, graph::Dropout{0});
  }
  x = net.apply(graph::Add{}, {x, net.add("stochastic_dropout", y, depth)});
  {
    const auto layers = net.open("mlp_layer", "Sequential");
    y = net.add(x, graph::LayerNorm{});
    y = net.add(y, graph::Linear{.out_features = 4 * width});
    y = net.add(y, graph::GELU{});
    y = net.add(y, graph::Linear{.out_features = width});
    y = net.add(y, graph::Dropout{0});
  }
  x = net.apply(graph::Add{}, {x, net.add("stochastic_dropout", y, depth)});
  module.order({"partition_op", "departition_op", "partition_swap", "departition_swap",
                "attn_layer", "mlp_layer", "stochastic_dropout"});
  return net.apply(graph::Permute{{0, 3, 1, 2}}, {x});
}

}  // namespace

graph::Graph maxvit_t() {
  constexpr std::array<std::int64_t, 4> kChannels{64, 128, 256, 512};
  constexpr std::array<int, 4> kLayers{2, 2, 5, 2};
  constexpr double kDropProbability = 0.2;
  constexpr int kTotal = 11;

  graph::GraphBuilder net("MaxVit", 224);
  graph::Value x = net.input();
  {
    const auto stem = net.open("stem", "Sequential");
    x = conv_norm_activation(net, "", x, {.out_channels = 64, .kernel = 3, .stride = 2},
                             graph::GELU{}, kNorm);
    const auto second = net.open("Conv2dNormActivation");
    x = net.add(x, graph::Conv2d{.out_channels = 64, .kernel = 3, .padding = 1});
  }
  {
    const auto blocks = net.open("blocks", "ModuleList");
    int number = 0;
    for (std::size_t stage = 0; stage < kChannels.size(); ++stage) {
      const auto block = net.open("MaxVitBlock");
      const auto layers = net.open("layers", "ModuleList");
      for (int i = 0; i < kLayers[stage]; ++i) {
        const double drop = number++ * (kDropProbability / (kTotal - 1));
        const auto layer = net.open("MaxVitLayer");
        const auto sequence = net.open("layers", "Sequential");
        x = mbconv(net, x, kChannels[stage], i == 0 ? 2 : 1, drop);
        x = partition_attention(net, "window_attention", x, false, drop);
        x = partition_attention(net, "grid_attention", x, true, drop);
      }
    }
  }
  {
    const auto classifier = net.open("classifier", "Sequential");
    x = net.add(x, graph::AdaptiveAvgPool2d{.output = 1, .printed_as_number = true});
    x = net.add(x, graph::Flatten{});
    x = net.add(x, graph::LayerNorm{});
    x = net.add(x, graph::Linear{.out_features = 512});
    x = net.add(x, graph::Tanh{});
    net.add(x, graph::Linear{.out_features = 1000, .bias = false});
  }
  return std::move(net).finish("maxvit_t");
}

}  // namespace engraft::zoo
