// What oneDNN has no primitive for, computed on the calling thread. Kernels made here read and
// write row-major float32, others what their layouts say (onednn/winograd.h).
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "graph/layer.h"

namespace engraft::onednn {

struct Kernel {
  std::function<void(std::span<const float* const> sources, float* destination,
                     std::byte* scratch)>
      run;                        // empty: no kernel
  std::size_t scratch_bytes = 0;  // aligned to 64
};

// Whether the layer is always computed by a kernel.
bool has_kernel(const graph::Layer& layer);

// For fixed shapes. `constants` are those inputs that do not depend on the picture, in their order.
// Beside layers that has_kernel() accepts: adaptive average pooling with any windows, and
// multiplication with one constant number a channel.
Kernel make_kernel(const graph::Layer& layer, const std::vector<base::Tensor>& constants,
                   const std::vector<base::Shape>& sources, const base::Shape& destination);

}  // namespace engraft::onednn
