#include "graph/builder.h"
#include "zoo/architectures.h"
#include "zoo/blocks.h"

namespace engraft {
namespace {

// torchvision's defaults, which are the papers'.
constexpr LayerNorm kNorm{};

// Swin V2's section 3.2: biases come from a small network over the windows' offsets.
Value continuous_position_bias(GraphBuilder& net, Value offsets, std::int64_t heads) {
  const auto sequence = net.open("cpb_mlp", "Sequential");
  Value table = net.add(offsets, Linear{.out_features = 512});
  table = net.add(table, ReLU{});
  return net.add(table, Linear{.out_features = heads, .bias = false});
}

Value attention(GraphBuilder& net, Value x, const WindowAttention& settings) {
  const bool second = settings.cosine;
  auto module = net.open("attn", second ? "ShiftedWindowAttentionV2" : "ShiftedWindowAttention");
  const std::int64_t width = net.shape(x).back();
  const Pair window = settings.window;
  const std::int64_t offsets = (2 * window.height - 1) * (2 * window.width - 1);
  std::vector<Value> inputs;
  const auto role = second ? Linear::Role::kUnbiasedKeys : Linear::Role::kPlain;
  inputs.push_back(net.add("qkv", x, Linear{.out_features = 3 * width, .role = role}));
  if (second) {
    const Value coords = net.own(RelativeCoordsTable{window});
    net.own(RelativePositionIndex{window});
    inputs.push_back(continuous_position_bias(net, coords, settings.heads));
    const float initial = 2.302585F;  // ln 10
    inputs.push_back(net.own(Parameter{"logit_scale", {settings.heads, 1, 1}, initial}));
  } else {
    inputs.push_back(
        net.own(Parameter{"relative_position_bias_table", {offsets, settings.heads}, 0, 0.02F}));
    net.own(RelativePositionIndex{window});
  }
  x = net.apply(settings, inputs);
  x = net.add("proj", x, Linear{.out_features = width});
  module.order({"qkv", "proj", "cpb_mlp"});
  return x;
}

// The second version normalises after attention and MLP, the first before.
Value block(GraphBuilder& net, Value x, const WindowAttention& settings, double drop_probability) {
  const bool second = settings.cosine;
  auto module = net.open(second ? "SwinTransformerBlockV2" : "SwinTransformerBlock");
  const StochasticDepth depth{drop_probability};
  const std::int64_t width = net.shape(x).back();
  Value y = second ? net.add("norm1", attention(net, x, settings), kNorm)
                   : attention(net, net.add("norm1", x, kNorm), settings);
  x = net.apply(Add{}, {x, net.add("stochastic_depth", y, depth)});
  y = second ? net.add("norm2", mlp(net, "mlp", x, 4 * width), kNorm)
             : mlp(net, "mlp", net.add("norm2", x, kNorm), 4 * width);
  x = net.apply(Add{}, {x, net.add("stochastic_depth", y, depth)});
  module.order({"norm1", "attn", "stochastic_depth", "norm2", "mlp"});
  return x;
}

Value patch_merging(GraphBuilder& net, Value x, bool second) {
  auto module = net.open(second ? "PatchMergingV2" : "PatchMerging");
  const Linear reduction{.out_features = 2 * net.shape(x).back(), .bias = false};
  x = net.apply(PatchMerging{}, {x});
  if (second) return net.add("norm", net.add("reduction", x, reduction), kNorm);
  x = net.add("reduction", net.add("norm", x, kNorm), reduction);
  module.order({"reduction", "norm"});
  return x;
}

}  // namespace

Graph swin_transformer(const std::string& name, const SwinOptions& options) {
  int total = 0;
  for (const int depth : options.depths) total += depth;

  GraphBuilder net("SwinTransformer", options.second_version ? 256 : 224);
  Value x = net.input();
  {
    const auto features = net.open("features", "Sequential");
    {
      const auto stem = net.open("Sequential");
      x = net.add(x, Conv2d{.out_channels = options.width, .kernel = 4, .stride = 4});
      x = net.add(x, Permute{{0, 2, 3, 1}});
      x = net.add(x, kNorm);
    }
    int number = 0;
    for (std::size_t stage = 0; stage < options.depths.size(); ++stage) {
      if (stage > 0) x = patch_merging(net, x, options.second_version);
      const auto sequence = net.open("Sequential");
      const std::int64_t window = options.second_version ? 8 : 7;
      for (int i = 0; i < options.depths[stage]; ++i) {
        const WindowAttention settings{.heads = options.heads[stage],
                                       .window = window,
                                       .shift = i % 2 == 0 ? 0 : window / 2,
                                       .cosine = options.second_version};
        x = block(net, x, settings, options.drop_probability * number++ / (total - 1));
      }
    }
  }
  x = net.add("norm", x, kNorm);
  x = net.add("permute", x, Permute{{0, 3, 1, 2}});
  x = net.add("avgpool", x, AdaptiveAvgPool2d{.output = 1, .printed_as_number = true});
  x = net.add("flatten", x, Flatten{});
  net.add("head", x, Linear{.out_features = 1000});
  return std::move(net).finish(name);
}

}  // namespace engraft
