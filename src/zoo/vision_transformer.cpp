#include "graph/builder.h"
#include "zoo/architectures.h"
#include "zoo/blocks.h"

namespace engraft::zoo {
namespace {

constexpr graph::LayerNorm kNorm{.eps = 1e-6F};

graph::Value encoder_layer(graph::GraphBuilder& net, const std::string& name, graph::Value x,
                           const VisionTransformerOptions& options) {
  const auto module = net.open(name, "EncoderBlock");
  graph::Value y = net.add("ln_1", x, kNorm);
  {
    const auto attention = net.open("self_attention", "MultiheadAttention");
    y = net.own("in_proj", y,
                graph::Linear{.out_features = 3 * options.width,
                              .role = graph::Linear::Role::kInProjection});
    y = net.apply(graph::Attention{options.heads}, {y});
    y = net.add(
        "out_proj", y,
        graph::Linear{.out_features = options.width, .role = graph::Linear::Role::kOutProjection});
  }
  y = net.add("dropout", y, graph::Dropout{0});
  x = net.apply(graph::Add{}, {y, x});
  y = net.add("ln_2", x, kNorm);
  y = mlp(net, "mlp", y, options.mlp_width, "MLPBlock");
  return net.apply(graph::Add{}, {x, y});
}

}  // namespace

graph::Graph vision_transformer(const std::string& name, const VisionTransformerOptions& options) {
  graph::GraphBuilder net("VisionTransformer", 224);
  const std::int64_t grid = 224 / options.patch;
  const std::int64_t width = options.width;
  graph::Value x = net.input();
  const graph::Value class_token = net.own(graph::Parameter{"class_token", {1, 1, width}});
  const graph::Value patches = net.add(
      "conv_proj", x,
      graph::Conv2d{.out_channels = width, .kernel = options.patch, .stride = options.patch});
  {
    const auto encoder = net.open("encoder", "Encoder");
    const graph::Value positions =
        net.own(graph::Parameter{"pos_embedding", {1, 1 + grid * grid, width}, 0, 0.02F});
    x = net.apply(graph::EmbedPatches{.grid = grid}, {patches, class_token, positions});
    x = net.add("dropout", x, graph::Dropout{0});
    {
      const auto layers = net.open("layers", "Sequential");
      for (int i = 0; i < options.depth; ++i) {
        x = encoder_layer(net, "encoder_layer_" + std::to_string(i), x, options);
      }
    }
    x = net.add("ln", x, kNorm);
  }
  x = net.apply(graph::SelectToken{0}, {x});
  {
    const auto heads = net.open("heads", "Sequential");
    net.add("head", x, graph::Linear{.out_features = 1000});
  }
  return std::move(net).finish(name);
}

}  // namespace engraft::zoo
