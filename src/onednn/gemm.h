// Matrix products on the calling thread, for heads.
#pragma once

#include <cstdint>

namespace engraft::onednn {

enum class Transpose { kNo, kYes };

// c (m × n) = a (m × k) · b (k × n) + beta · c, row-major, each operand transposed first where said
// (a is then stored k × m, b n × k).
void gemm(Transpose transpose_a, Transpose transpose_b, std::int64_t m, std::int64_t n,
          std::int64_t k, const float* a, const float* b, float beta, float* c);

}  // namespace engraft::onednn
