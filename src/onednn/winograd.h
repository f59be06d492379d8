// 3 × 3 convolutions by Winograd's minimal filtering F(4 × 4, 3 × 3): each tile of 6 × 6 inputs
// gives 4 × 4 results with 36 multiplications a pair of channels instead of 144. (A. Lavin, S.
// Gray: Fast Algorithms for Convolutional Neural Networks, 2015, arXiv:1509.09308.) What it rounds
// differently from a direct convolution is bounded in winograd_test.cpp.
#pragma once

#include <array>
#include <vector>

#include "base/tensor.h"
#include "graph/layer.h"
#include "onednn/kernels.h"
#include "onednn/onednn.h"
#include "onednn/winograd_tiles.h"

namespace engraft::onednn {

class Winograd {
 public:
  // Whether such a convolution can be computed so between these layouts: float32 in blocks of
  // channels, float32 or bfloat16 with channels last.
  static bool fits(const graph::Conv2d& conv, const Desc& source, const Desc& destination,
                   Activation activation);

  // With fusion.sum the destination holds what is added. What is multiplied has the source's type;
  // sums are float32.
  Winograd(const graph::Conv2d& conv, const Desc& source, const Desc& destination, Fusion fusion);

  // The layout of each of the 36 matrices of transformed weights, outputs × inputs × 1 × 1.
  const Desc& weights_layout() const { return product_.weights; }

  // Both are kept alive by the kernel.
  Kernel kernel(const std::vector<dnnl::memory>& weights, const base::Tensor& bias) const;

 private:
  graph::Conv2d conv_;
  Desc source_;
  Desc destination_;
  Fusion fusion_;
  std::int64_t tiles_at_once_ = 0;
  Primitive product_;  // of one matrix with the tiles' values, as a 1 × 1 convolution
};

// Filters K × C × 3 × 3, each output channel's multiplied by its scale (none: 1), as 36 matrices
// K × C × 1 × 1: the six that begin with the 6 · `row`th. Six at a time, since all of them are four
// times the filters.
std::array<base::Tensor, kTileIn> winograd_matrices(const base::Tensor& filters,
                                                    const std::vector<float>& scale,
                                                    std::size_t row);

}  // namespace engraft::onednn
