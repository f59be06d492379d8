// 3 × 3 convolutions by Winograd's minimal filtering F(4 × 4, 3 × 3): each tile of 6 × 6 inputs
// gives 4 × 4 results with 36 multiplications a pair of channels instead of 144. (A. Lavin, S.
// Gray: Fast Algorithms for Convolutional Neural Networks, 2015, arXiv:1509.09308.) What it rounds
// differently from a direct convolution is bounded in winograd_test.cpp.
#pragma once

#include <cstdint>

#include "base/tensor.h"
#include "graph/layer.h"
#include "infer/kernels.h"
#include "infer/onednn.h"

namespace engraft {

class Winograd {
 public:
  // Whether such a convolution can be computed so, where values lie in blocks of `block` channels.
  static bool fits(const Conv2d& conv, std::int64_t block, onednn::Activation activation);

  // For a source N × C × H × W. Source and destination are float32 in blocks of `block` channels;
  // with fusion.sum the destination holds what is added.
  Winograd(const Conv2d& conv, const Shape& source, std::int64_t block, onednn::Fusion fusion);

  // The layout of the transformed weights: 36 × outputs × inputs × 1 × 1.
  const onednn::Desc& weights_layout() const { return products_.weights; }

  // Both are kept alive by the kernel.
  Kernel kernel(dnnl::memory weights, const Tensor& bias) const;

 private:
  Conv2d conv_;
  Shape source_;
  std::int64_t block_;
  onednn::Fusion fusion_;
  std::int64_t tiles_at_once_;
  onednn::Primitive products_;  // of 36 matrices, as a grouped 1 × 1 convolution
};

// Filters K × C × 3 × 3, each output channel's multiplied by its scale (none: 1), as 36 matrices
// K × C: 36 × K × C × 1 × 1.
Tensor winograd_weights(const Tensor& filters, const std::vector<float>& scale = {});

}  // namespace engraft
