#include "graph/builder.h"
#include "zoo/architectures.h"

namespace engraft::zoo {
namespace {

constexpr graph::LayerNorm kNorm{.eps = 1e-6F};
constexpr std::int64_t kPatch = 14;
constexpr std::int64_t kTrainedGrid = 37;  // pictures of 518 × 518 at the end of training

graph::Value layer_scale(graph::GraphBuilder& net, const std::string& name, graph::Value x) {
  const auto module = net.open(name, "LayerScale");
  return net.apply(graph::Multiply{},
                   {x, net.own(graph::Parameter{"gamma", {net.shape(x).back()}, 1})});
}

graph::Value block(graph::GraphBuilder& net, graph::Value x, std::int64_t heads) {
  const auto module = net.open("Block");
  const std::int64_t width = net.shape(x).back();
  graph::Value y = net.add("norm1", x, kNorm);
  {
    const auto attention = net.open("attn", "Attention");
    y = net.add("qkv", y, graph::Linear{.out_features = 3 * width});
    y = net.apply(graph::Attention{heads}, {y});
    y = net.add("proj", y, graph::Linear{.out_features = width});
  }
  x = net.apply(graph::Add{}, {x, layer_scale(net, "ls1", y)});
  y = net.add("norm2", x, kNorm);
  {
    const auto mlp = net.open("mlp", "Mlp");
    y = net.add("fc1", y, graph::Linear{.out_features = 4 * width});
    y = net.add("act", y, graph::GELU{});
    y = net.add("fc2", y, graph::Linear{.out_features = width});
  }
  return net.apply(graph::Add{}, {x, layer_scale(net, "ls2", y)});
}

}  // namespace

// The published backbones have no classifier; `head` is what stands in its place there, an
// Identity.
graph::Graph dinov2(const std::string& name, std::int64_t width, std::int64_t heads) {
  graph::GraphBuilder net("DinoVisionTransformer", 224);
  graph::Value x = net.input();
  const graph::Value class_token = net.own(graph::Parameter{"cls_token", {1, 1, width}, 0, 1e-6F});
  const graph::Value positions =
      net.own(graph::Parameter{"pos_embed", {1, 1 + kTrainedGrid * kTrainedGrid, width}, 0, 0.02F});
  net.own(graph::Parameter{"mask_token", {1, width}});  // for training without labels
  graph::Value patches = x;
  {
    const auto embedding = net.open("patch_embed", "PatchEmbed");
    patches = net.add("proj", x,
                      graph::Conv2d{.out_channels = width, .kernel = kPatch, .stride = kPatch});
  }
  x = net.apply(graph::EmbedPatches{.grid = kTrainedGrid, .offset = 0.1F},
                {patches, class_token, positions});
  {
    const auto blocks = net.open("blocks", "ModuleList");
    for (int i = 0; i < 12; ++i) x = block(net, x, heads);
  }
  x = net.add("norm", x, kNorm);
  x = net.apply(graph::SelectToken{0}, {x});
  net.add("head", x, graph::Linear{.out_features = 1000});
  return std::move(net).finish(name);
}

}  // namespace engraft::zoo
