#include "onednn/gemm.h"

#include <oneapi/dnnl/dnnl.h>

#include "onednn/onednn.h"

namespace engraft::onednn {

void gemm(Transpose transpose_a, Transpose transpose_b, std::int64_t m, std::int64_t n,
          std::int64_t k, const float* a, const float* b, float beta, float* c) {
  const SingleThread alone;
  const bool flip_a = transpose_a == Transpose::kYes;
  const bool flip_b = transpose_b == Transpose::kYes;
  require_success(dnnl_sgemm(flip_a ? 'T' : 'N', flip_b ? 'T' : 'N', m, n, k, 1.0F, a,
                             flip_a ? m : k, b, flip_b ? k : n, beta, c, n),
                  "a matrix product");
}

}  // namespace engraft::onednn
