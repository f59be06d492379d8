#include "graph/builder.h"
#include "zoo/architectures.h"
#include "zoo/blocks.h"

namespace engraft {
namespace {

constexpr LayerNorm kNorm{.eps = 1e-6F};

Value encoder_layer(GraphBuilder& net, const std::string& name, Value x,
                    const VisionTransformerOptions& options) {
  const auto module = net.open(name, "EncoderBlock");
  Value y = net.add("ln_1", x, kNorm);
  {
    const auto attention = net.open("self_attention", "MultiheadAttention");
    y = net.own("in_proj", y,
                Linear{.out_features = 3 * options.width, .role = Linear::Role::kInProjection});
    y = net.apply(Attention{options.heads}, {y});
    y = net.add("out_proj", y,
                Linear{.out_features = options.width, .role = Linear::Role::kOutProjection});
  }
  y = net.add("dropout", y, Dropout{0});
  x = net.apply(Add{}, {y, x});
  y = net.add("ln_2", x, kNorm);
  y = mlp(net, "mlp", y, options.mlp_width, "MLPBlock");
  return net.apply(Add{}, {x, y});
}

}  // namespace

Graph vision_transformer(const std::string& name, const VisionTransformerOptions& options) {
  GraphBuilder net("VisionTransformer", 224);
  const std::int64_t grid = 224 / options.patch;
  const std::int64_t width = options.width;
  Value x = net.input();
  const Value class_token = net.own(Parameter{"class_token", {1, 1, width}});
  const Value patches =
      net.add("conv_proj", x,
              Conv2d{.out_channels = width, .kernel = options.patch, .stride = options.patch});
  {
    const auto encoder = net.open("encoder", "Encoder");
    const Value positions =
        net.own(Parameter{"pos_embedding", {1, 1 + grid * grid, width}, 0, 0.02F});
    x = net.apply(EmbedPatches{.grid = grid}, {patches, class_token, positions});
    x = net.add("dropout", x, Dropout{0});
    {
      const auto layers = net.open("layers", "Sequential");
      for (int i = 0; i < options.depth; ++i) {
        x = encoder_layer(net, "encoder_layer_" + std::to_string(i), x, options);
      }
    }
    x = net.add("ln", x, kNorm);
  }
  x = net.apply(SelectToken{0}, {x});
  {
    const auto heads = net.open("heads", "Sequential");
    net.add("head", x, Linear{.out_features = 1000});
  }
  return std::move(net).finish(name);
}

}  // namespace engraft
