// Attention, one head of one picture (or of one window) at a time, so that its table of weights
// stays in the cache: two matrix products and a softmax, all oneDNN's.
#pragma once

#include <vector>

#include "onednn/kernels.h"

namespace engraft::onednn {

// `in` is N × T × 3C.
Kernel attention(const graph::Attention& layer, const base::Shape& in);

// `in` is N × H × W × 3C; the constants are the table of relative position biases and, for cosine
// attention, the logarithms of the heads' scales.
Kernel window_attention(const graph::WindowAttention& layer,
                        const std::vector<base::Tensor>& constants, const base::Shape& in);

}  // namespace engraft::onednn
