#include "zoo/zoo.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engraft/error.h"
#include "zoo/architectures.h"

namespace engraft {
namespace {

constexpr std::string_view kV1 = "IMAGENET1K_V1";
constexpr std::string_view kV2 = "IMAGENET1K_V2";

template <int kDepth>
Graph plain_vgg() {
  return vgg(fmt::format("vgg{}", kDepth), kDepth, BatchNormalization::kNo);
}

template <int kDepth>
Graph normalized_vgg() {
  return vgg(fmt::format("vgg{}_bn", kDepth), kDepth, BatchNormalization::kYes);
}

constexpr ResidualBlock kBasic = ResidualBlock::kBasic;
constexpr ResidualBlock kBottleneck = ResidualBlock::kBottleneck;

// Names, files and accuracies are torchvision 0.14's.
const std::vector<Architecture>& table() {
  static const std::vector<Architecture> rows = {
      {"sprout", sprout, {}, 128},
      {"alexnet", alexnet, {{kV1, "alexnet-owt-7be5be79.pth", 56.522}}},
      {"vgg11", plain_vgg<11>, {{kV1, "vgg11-8a719046.pth", 69.020}}},
      {"vgg13", plain_vgg<13>, {{kV1, "vgg13-19584684.pth", 69.928}}},
      {"vgg16", plain_vgg<16>, {{kV1, "vgg16-397923af.pth", 71.592}}},
      {"vgg19", plain_vgg<19>, {{kV1, "vgg19-dcbb9e9d.pth", 72.376}}},
      {"vgg11_bn", normalized_vgg<11>, {{kV1, "vgg11_bn-6002323d.pth", 70.370}}},
      {"vgg13_bn", normalized_vgg<13>, {{kV1, "vgg13_bn-abd245e5.pth", 71.586}}},
      {"vgg16_bn", normalized_vgg<16>, {{kV1, "vgg16_bn-6c64b313.pth", 73.360}}},
      {"vgg19_bn", normalized_vgg<19>, {{kV1, "vgg19_bn-c79401a0.pth", 74.218}}},
      {"resnet18",
       [] {
         return resnet("resnet18", {.block = kBasic, .blocks = {2, 2, 2, 2}});
       },
       {{kV1, "resnet18-f37072fd.pth", 69.758}}},
      {"resnet34",
       [] {
         return resnet("resnet34", {.block = kBasic, .blocks = {3, 4, 6, 3}});
       },
       {{kV1, "resnet34-b627a593.pth", 73.314}}},
      {"resnet50",
       [] {
         return resnet("resnet50", {.block = kBottleneck, .blocks = {3, 4, 6, 3}});
       },
       {{kV1, "resnet50-0676ba61.pth", 76.130}, {kV2, "resnet50-11ad3fa6.pth", 80.858, 232}}},
      {"resnet101",
       [] {
         return resnet("resnet101", {.block = kBottleneck, .blocks = {3, 4, 23, 3}});
       },
       {{kV1, "resnet101-63fe2227.pth", 77.374}, {kV2, "resnet101-cd907fc2.pth", 81.886, 232}}},
      {"resnet152",
       [] {
         return resnet("resnet152", {.block = kBottleneck, .blocks = {3, 8, 36, 3}});
       },
       {{kV1, "resnet152-394f9c45.pth", 78.312}, {kV2, "resnet152-f82ba261.pth", 82.284, 232}}},
      {"squeezenet1_0",
       [] { return squeezenet("squeezenet1_0", SqueezeNetVersion::k1_0); },
       {{kV1, "squeezenet1_0-b66bff10.pth", 58.092}}},
      {"squeezenet1_1",
       [] { return squeezenet("squeezenet1_1", SqueezeNetVersion::k1_1); },
       {{kV1, "squeezenet1_1-b8a52dc0.pth", 58.178}}},
      {"mobilenet_v2",
       [] { return mobilenet_v2("mobilenet_v2", 1.0); },
       {{kV1, "mobilenet_v2-b0353104.pth", 71.878},
        {kV2, "mobilenet_v2-7ebf99e0.pth", 72.154, 232}}},
  };
  return rows;
}

}  // namespace

std::span<const Architecture> architectures() { return table(); }

const Architecture& find_architecture(std::string_view name) {
  const std::span<const Architecture> rows = architectures();
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const Architecture& row) { return row.name == name; });
  if (found != rows.end()) return *found;
  std::string names;
  for (const Architecture& row : rows) {
    names += names.empty() ? "" : ", ";
    names += row.name;
  }
  throw Error(fmt::format("{}: no network of this name; there are: {}", name, names));
}

Graph build_architecture(std::string_view name) { return find_architecture(name).build(); }

std::string download_url(const PublishedWeights& weights) {
  return fmt::format("https://download.pytorch.org/models/{}", weights.file);
}

Preprocessing default_preprocessing(const Architecture& architecture, int resize) {
  const std::int64_t size = architecture.build().input_size.height;
  return {.train = parse_pipeline(fmt::format("random_resized_crop({}) hflip", size)),
          .val = parse_pipeline(fmt::format("resize({}) center_crop({})",
                                            resize > 0 ? resize : architecture.resize, size)),
          .normalization = {}};
}

}  // namespace engraft
