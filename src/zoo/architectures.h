// The networks, each a short function that writes its graph down as its paper's table and
// torchvision's module names have it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace engraft::zoo {

// Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (arXiv 1404.5997).
graph::Graph alexnet();

// Simonyan and Zisserman (arXiv 1409.1556); configurations A, B, D, E as vgg11, 13, 16, 19.
enum class BatchNormalization { kNo, kYes };
graph::Graph vgg(const std::string& name, int depth, BatchNormalization normalization);

// He et al. (arXiv 1512.03385); with groups ResNeXt (Xie et al., arXiv 1611.05431), with a larger
// group width Wide ResNet (Zagoruyko and Komodakis, arXiv 1605.07146). Widths are the channels of
// the four stages before expansion.
enum class ResidualBlock { kBasic, kBottleneck };
enum class Stem {
  kImageNet,  // 7 × 7 convolution, stride 2, then max pooling
  kSmall,     // 3 × 3 convolution, stride 2, then max pooling
};
struct ResNetOptions {
  ResidualBlock block = ResidualBlock::kBasic;
  std::vector<int> blocks{2, 2, 2, 2};
  std::vector<std::int64_t> widths{64, 128, 256, 512};
  std::int64_t groups = 1;        // of the bottleneck's 3 × 3 convolution,
  std::int64_t group_width = 64;  // and their channels in the first stage
  Stem stem = Stem::kImageNet;
  graph::Pair input_size = 224;
  std::int64_t classes = 1000;
};
graph::Graph resnet(const std::string& name, const ResNetOptions& options);

// Iandola et al. (arXiv 1602.07360); version 1.1 is the authors' smaller revision.
enum class SqueezeNetVersion { k1_0, k1_1 };
graph::Graph squeezenet(const std::string& name, SqueezeNetVersion version);

// Sandler et al. (arXiv 1801.04381).
graph::Graph mobilenet_v2(const std::string& name, double width_multiplier);

// Ma et al. (arXiv 1807.11164). Channels after the stem, the three stages and the last convolution.
graph::Graph shufflenet_v2(const std::string& name, const std::array<std::int64_t, 5>& channels);

// Radosavovic et al. (arXiv 2003.13678), under the paper's names w_0, w_a and w_m; RegNetY has
// squeeze-and-excitation.
struct RegNetOptions {
  int depth = 0;
  float initial_width = 0;
  float slope = 0;
  float step = 0;
  std::int64_t group_width = 0;
  bool squeeze_excitation = false;
};
graph::Graph regnet(const std::string& name, const RegNetOptions& options);

// Szegedy et al. (arXiv 1409.4842); with batch norms, as published.
graph::Graph googlenet();

// Szegedy et al. (arXiv 1512.00567).
graph::Graph inception_v3();

// Huang et al. (arXiv 1608.06993).
struct DenseNetOptions {
  std::vector<int> layers;  // of each block
  std::int64_t growth = 32;
  std::int64_t stem_channels = 64;
};
graph::Graph densenet(const std::string& name, const DenseNetOptions& options);

// Howard et al. (arXiv 1905.02244).
enum class MobileNetV3Size { kSmall, kLarge };
graph::Graph mobilenet_v3(const std::string& name, MobileNetV3Size size);

// Tan et al. (arXiv 1807.11626), model B1.
graph::Graph mnasnet(const std::string& name, double width_multiplier);

// Tan and Le (arXiv 1905.11946 and 2104.00298).
enum class EfficientNetKind { kV1, kV2Small, kV2Medium, kV2Large };
struct EfficientNetOptions {
  EfficientNetKind kind = EfficientNetKind::kV1;
  double width = 1;  // multiplies channels
  double depth = 1;  // multiplies blocks
  float dropout = 0.2F;
  graph::Pair input_size = 224;
  graph::BatchNorm2d norm = {};
};
graph::Graph efficientnet(const std::string& name, const EfficientNetOptions& options);

// Liu et al. (arXiv 2201.03545).
struct ConvNeXtOptions {
  std::array<std::int64_t, 4> channels{};
  std::array<int, 4> depths{};
  double drop_probability = 0;
};
graph::Graph convnext(const std::string& name, const ConvNeXtOptions& options);

// Dosovitskiy et al. (arXiv 2010.11929).
struct VisionTransformerOptions {
  std::int64_t patch = 16;
  int depth = 12;
  std::int64_t heads = 12;
  std::int64_t width = 768;
  std::int64_t mlp_width = 3072;
};
graph::Graph vision_transformer(const std::string& name, const VisionTransformerOptions& options);

// Oquab et al. (arXiv 2304.07193), without registers: module names are those of facebookresearch's
// and timm's models. Pictures of other sizes than 518 have their positions resampled.
graph::Graph dinov2(const std::string& name, std::int64_t width, std::int64_t heads);

// Liu et al. (arXiv 2103.14030, and 2111.09883 for the second version).
struct SwinOptions {
  std::int64_t width = 96;
  std::array<int, 4> depths{2, 2, 6, 2};
  std::array<std::int64_t, 4> heads{3, 6, 12, 24};
  double drop_probability = 0;
  bool second_version = false;
};
graph::Graph swin_transformer(const std::string& name, const SwinOptions& options);

// Tu et al. (arXiv 2204.01697).
graph::Graph maxvit_t();

// Our own small residual network, whose parameters are part of the program (tools/sprout).
graph::Graph sprout();

}  // namespace engraft::zoo
