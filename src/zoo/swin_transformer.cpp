#include "graph/builder.h"
#include "zoo/architectures.h"
#include "zoo/blocks.h"

namespace engraft::zoo {
namespace {

// torchvision's defaults, which are the papers'.
constexpr graph::LayerNorm kNorm{};

// Swin V2's section 3.2: biases come from a small network over the windows' offsets.
graph::Value continuous_position_bias(graph::GraphBuilder& net, graph::Value offsets,
                                      std::int64_t heads) {
  const auto sequence = net.open("cpb_mlp", "Sequential");
  graph::Value table = net.add(offsets, graph::Linear{.out_features = 512});
  table = net.add(table, graph::ReLU{});
  return net.add(table, graph::Linear{.out_features = heads, .bias = false});
}

graph::Value attention(graph::GraphBuilder& net, graph::Value x,
                       const graph::WindowAttention& settings) {
  const bool second = settings.cosine;
  auto module = net.open("attn", second ? "ShiftedWindowAttentionV2" : "ShiftedWindowAttention");
  const std::int64_t width = net.shape(x).back();
  const graph::Pair window = settings.window;
  const std::int64_t offsets = (2 * window.height - 1) * (2 * window.width - 1);
  std::vector<graph::Value> inputs;
  const auto role = second ? graph::Linear::Role::kUnbiasedKeys : graph::Linear::Role::kPlain;
  inputs.push_back(net.add("qkv", x, graph::Linear{.out_features = 3 * width, .role = role}));
  if (second) {
    const graph::Value coords = net.own(graph::RelativeCoordsTable{window});
    net.own(graph::RelativePositionIndex{window});
    inputs.push_back(continuous_position_bias(net, coords, settings.heads));
    const float initial = 2.302585F;  // ln 10
    inputs.push_back(net.own(graph::Parameter{"logit_scale", {settings.heads, 1, 1}, initial}));
  } else {
    inputs.push_back(net.own(
        graph::Parameter{"relative_position_bias_table", {offsets, settings.heads}, 0, 0.02F}));
    net.own(graph::RelativePositionIndex{window});
  }
  x = net.apply(settings, inputs);
  x = net.add("proj", x, graph::Linear{.out_features = width});
  module.order({"qkv", "proj", "cpb_mlp"});
  return x;
}

// The second version normalises after attention and MLP, the first before.
graph::Value block(graph::GraphBuilder& net, graph::Value x, const graph::WindowAttention& settings,
                   double drop_probability) {
  const bool second = settings.cosine;
  auto module = net.open(second ? "SwinTransformerBlockV2" : "SwinTransformerBlock");
  const graph::StochasticDepth depth{drop_probability};
  const std::int64_t width = net.shape(x).back();
  graph::Value y = second ? net.add("norm1", attention(net, x, settings), kNorm)
                          : attention(net, net.add("norm1", x, kNorm), settings);
  x = net.apply(graph::Add{}, {x, net.add("stochastic_depth", y, depth)});
  y = second ? net.add("norm2", mlp(net, "mlp", x, 4 * width), kNorm)
             : mlp(net, "mlp", net.add("norm2", x, kNorm), 4 * width);
  x = net.apply(graph::Add{}, {x, net.add("stochastic_depth", y, depth)});
  module.order({"norm1", "attn", "stochastic_depth", "norm2", "mlp"});
  return x;
}

graph::Value patch_merging(graph::GraphBuilder& net, graph::Value x, bool second) {
  auto module = net.open(second ? "PatchMergingV2" : "PatchMerging");
  const graph::Linear reduction{.out_features = 2 * net.shape(x).back(), .bias = false};
  x = net.apply(graph::PatchMerging{}, {x});
  if (second) return net.add("norm", net.add("reduction", x, reduction), kNorm);
  x = net.add("reduction", net.add("norm", x, kNorm), reduction);
  module.order({"reduction", "norm"});
  return x;
}

}  // namespace

graph::Graph swin_transformer(const std::string& name, const SwinOptions& options) {
  int total = 0;
  for (const int depth : options.depths) total += depth;

  graph::GraphBuilder net("SwinTransformer", options.second_version ? 256 : 224);
  graph::Value x = net.input();
  {
    const auto features = net.open("features", "Sequential");
    {
      const auto stem = net.open("Sequential");
      x = net.add(x, graph::Conv2d{.out_channels = options.width, .kernel = 4, .stride = 4});
      x = net.add(x, graph::Permute{{0, 2, 3, 1}});
      x = net.add(x, kNorm);
    }
    int number = 0;
    for (std::size_t stage = 0; stage < options.depths.size(); ++stage) {
      if (stage > 0) x = patch_merging(net, x, options.second_version);
      const auto sequence = net.open("Sequential");
      const std::int64_t window = options.second_version ? 8 : 7;
      for (int i = 0; i < options.depths[stage]; ++i) {
        const graph::WindowAttention settings{.heads = options.heads[stage],
                                              .window = window,
                                              .shift = i % 2 == 0 ? 0 : window / 2,
                                              .cosine = options.second_version};
        x = block(net, x, settings, options.drop_probability * number++ / (total - 1));
      }
    }
  }
  x = net.add("norm", x, kNorm);
  x = net.add("permute", x, graph::Permute{{0, 3, 1, 2}});
  x = net.add("avgpool", x, graph::AdaptiveAvgPool2d{.output = 1, .printed_as_number = true});
  x = net.add("flatten", x, graph::Flatten{});
  net.add("head", x, graph::Linear{.out_features = 1000});
  return std::move(net).finish(name);
}

}  // namespace engraft::zoo
