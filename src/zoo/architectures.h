// The networks, each a short function that writes its graph down as its paper's table and
// torchvision's module names have it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace engraft {

// Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (arXiv 1404.5997).
Graph alexnet();

// Simonyan and Zisserman (arXiv 1409.1556); configurations A, B, D, E as vgg11, 13, 16, 19.
enum class BatchNormalization { kNo, kYes };
Graph vgg(const std::string& name, int depth, BatchNormalization normalization);

// He et al. (arXiv 1512.03385). Widths are the channels of the four stages before expansion.
enum class ResidualBlock { kBasic, kBottleneck };
enum class Stem {
  kImageNet,  // 7 × 7 convolution, stride 2, then max pooling
  kSmall,     // 3 × 3 convolution, stride 2, then max pooling
};
struct ResNetOptions {
  ResidualBlock block = ResidualBlock::kBasic;
  std::vector<int> blocks{2, 2, 2, 2};
  std::vector<std::int64_t> widths{64, 128, 256, 512};
  Stem stem = Stem::kImageNet;
  Pair input_size = 224;
  std::int64_t classes = 1000;
};
Graph resnet(const std::string& name, const ResNetOptions& options);

// Iandola et al. (arXiv 1602.07360); version 1.1 is the authors' smaller revision.
enum class SqueezeNetVersion { k1_0, k1_1 };
Graph squeezenet(const std::string& name, SqueezeNetVersion version);

// Sandler et al. (arXiv 1801.04381).
Graph mobilenet_v2(const std::string& name, double width_multiplier);

// Our own small residual network, whose parameters are part of the program (tools/sprout).
Graph sprout();

}  // namespace engraft
