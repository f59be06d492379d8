#include "learn/product.h"

#include <algorithm>
#include <vector>

#include "base/parallel.h"
#include "onednn/gemm.h"

namespace engraft::learn {
namespace {

// The same holds of few outputs.
constexpr std::int64_t kThinOutputs = 64;  // of which the kernels keep more in registers

constexpr std::int64_t kRowsPerItem = 64;      // of the weight, where its rows are shared out
constexpr std::int64_t kPicturesPerItem = 32;  // where the pictures are
constexpr std::int64_t kColumnsPerItem = 512;  // where the columns of a thin weight are

// Numbers at any address, which the compiler puts into one register or several.
using Eight = float __attribute__((vector_size(32), aligned(4), may_alias));
using Sixteen = float __attribute__((vector_size(64), aligned(4), may_alias));

template <typename Vector>
constexpr std::int64_t kWidth = static_cast<std::int64_t>(sizeof(Vector) / sizeof(float));

// AVX-512 has 32 registers, the others 16: how many rows of a product are summed up in them.
template <typename Vector>
constexpr int kTile = sizeof(Vector) == 64 ? 8 : 4;

// A product of a long matrix and a thin one, both row-major with rows of `depth` numbers: their
// rows' dot products. That of long row r and thin row t goes to result[r · long_step + t ·
// thin_step].
struct Thin {
  std::int64_t depth;
  std::int64_t thin_rows;
  std::int64_t long_step;
  std::int64_t thin_step;
};

// Rows × ThinRows dot products, for which each number of the long matrix is loaded once.
template <typename Vector, int Rows, int ThinRows>
[[gnu::always_inline]] inline void dot_products(const Thin& size, const float* long_side,
                                                const float* thin_side, float* result) {
  constexpr std::int64_t kStep = kWidth<Vector>;
  Vector sums[Rows][ThinRows] = {};
  std::int64_t i = 0;
  for (; i + kStep <= size.depth; i += kStep) {
    for (int r = 0; r < Rows; ++r) {
      const Vector a = *reinterpret_cast<const Vector*>(long_side + r * size.depth + i);
      for (int t = 0; t < ThinRows; ++t) {
        sums[r][t] += a * *reinterpret_cast<const Vector*>(thin_side + t * size.depth + i);
      }
    }
  }
  for (int r = 0; r < Rows; ++r) {
    for (int t = 0; t < ThinRows; ++t) {
      float sum = 0;
      for (int lane = 0; lane < kStep; ++lane) sum += sums[r][t][lane];
      for (std::int64_t j = i; j < size.depth; ++j) {
        sum += long_side[r * size.depth + j] * thin_side[t * size.depth + j];
      }
      result[r * size.long_step + t * size.thin_step] = sum;
    }
  }
}

template <typename Vector, int Rows>
[[gnu::always_inline]] inline void multiply_rows(const Thin& size, const float* long_side,
                                                 const float* thin_side, float* result) {
  std::int64_t t = 0;
  for (; t + 4 <= size.thin_rows; t += 4) {
    dot_products<Vector, Rows, 4>(size, long_side, thin_side + t * size.depth,
                                  result + t * size.thin_step);
  }
  for (; t + 2 <= size.thin_rows; t += 2) {
    dot_products<Vector, Rows, 2>(size, long_side, thin_side + t * size.depth,
                                  result + t * size.thin_step);
  }
  for (; t < size.thin_rows; ++t) {
    dot_products<Vector, Rows, 1>(size, long_side, thin_side + t * size.depth,
                                  result + t * size.thin_step);
  }
}

template <typename Vector>
[[gnu::always_inline]] inline void multiply(const Thin& size, std::int64_t rows,
                                            const float* long_side, const float* thin_side,
                                            float* result) {
  constexpr int kRows = kTile<Vector> / 2;
  std::int64_t r = 0;
  for (; r + kRows <= rows; r += kRows) {
    multiply_rows<Vector, kRows>(size, long_side + r * size.depth, thin_side,
                                 result + r * size.long_step);
  }
  for (; r < rows; ++r) {
    multiply_rows<Vector, 1>(size, long_side + r * size.depth, thin_side,
                             result + r * size.long_step);
  }
}

// dweight[o][c] += Σ dy[p][o] · x[p][c] for Outputs × Columns vectors, which stay in registers
// while the pictures pass.
template <typename Vector, int Outputs, int Columns>
[[gnu::always_inline]] inline void add_tile(const LinearSize& size, const float* x, const float* dy,
                                            float* dweight) {
  Vector sums[Outputs][Columns];
  for (int o = 0; o < Outputs; ++o) {
    for (int c = 0; c < Columns; ++c) {
      sums[o][c] = *reinterpret_cast<const Vector*>(dweight + o * size.inputs + c * kWidth<Vector>);
    }
  }
  for (std::int64_t p = 0; p < size.count; ++p) {
    for (int c = 0; c < Columns; ++c) {
      const Vector value =
          *reinterpret_cast<const Vector*>(x + p * size.inputs + c * kWidth<Vector>);
      for (int o = 0; o < Outputs; ++o) sums[o][c] += dy[p * size.outputs + o] * value;
    }
  }
  for (int o = 0; o < Outputs; ++o) {
    for (int c = 0; c < Columns; ++c) {
      *reinterpret_cast<Vector*>(dweight + o * size.inputs + c * kWidth<Vector>) = sums[o][c];
    }
  }
}

template <typename Vector, int Columns>
[[gnu::always_inline]] inline void add_columns(const LinearSize& size, const float* x,
                                               const float* dy, float* dweight) {
  constexpr int kOutputs = kTile<Vector>;
  std::int64_t o = 0;
  for (; o + kOutputs <= size.outputs; o += kOutputs) {
    add_tile<Vector, kOutputs, Columns>(size, x, dy + o, dweight + o * size.inputs);
  }
  for (; o + 2 <= size.outputs; o += 2) {
    add_tile<Vector, 2, Columns>(size, x, dy + o, dweight + o * size.inputs);
  }
  for (; o < size.outputs; ++o) {
    add_tile<Vector, 1, Columns>(size, x, dy + o, dweight + o * size.inputs);
  }
}

// For `columns` columns from where x and dweight point to.
template <typename Vector>
[[gnu::always_inline]] inline void add_products(const LinearSize& size, std::int64_t columns,
                                                const float* x, const float* dy, float* dweight) {
  constexpr std::int64_t kStep = kWidth<Vector>;
  std::int64_t c = 0;
  for (; c + 2 * kStep <= columns; c += 2 * kStep) {
    add_columns<Vector, 2>(size, x + c, dy, dweight + c);
  }
  for (; c + kStep <= columns; c += kStep) {
    add_columns<Vector, 1>(size, x + c, dy, dweight + c);
  }
  for (std::int64_t p = 0; p < size.count && c < columns; ++p) {
    for (std::int64_t o = 0; o < size.outputs; ++o) {
      const float factor = dy[p * size.outputs + o];
      for (std::int64_t i = c; i < columns; ++i) {
        dweight[o * size.inputs + i] += factor * x[p * size.inputs + i];
      }
    }
  }
}

// Compiled three times, for any processor, for those with AVX2 and for those with AVX-512; which
// one runs is decided at run time.
struct Kernels {
  void (*multiply)(const Thin&, std::int64_t, const float*, const float*, float*);
  void (*add_products)(const LinearSize&, std::int64_t, const float*, const float*, float*);
};

void multiply_anywhere(const Thin& size, std::int64_t rows, const float* long_side,
                       const float* thin_side, float* result) {
  multiply<Eight>(size, rows, long_side, thin_side, result);
}

void add_products_anywhere(const LinearSize& size, std::int64_t columns, const float* x,
                           const float* dy, float* dweight) {
  add_products<Eight>(size, columns, x, dy, dweight);
}

#ifdef __x86_64__
[[gnu::target("avx2,fma")]] void multiply_avx2(const Thin& size, std::int64_t rows,
                                               const float* long_side, const float* thin_side,
                                               float* result) {
  multiply<Eight>(size, rows, long_side, thin_side, result);
}

[[gnu::target("avx2,fma")]] void add_products_avx2(const LinearSize& size, std::int64_t columns,
                                                   const float* x, const float* dy,
                                                   float* dweight) {
  add_products<Eight>(size, columns, x, dy, dweight);
}

[[gnu::target("avx512f")]] void multiply_avx512(const Thin& size, std::int64_t rows,
                                                const float* long_side, const float* thin_side,
                                                float* result) {
  multiply<Sixteen>(size, rows, long_side, thin_side, result);
}

[[gnu::target("avx512f")]] void add_products_avx512(const LinearSize& size, std::int64_t columns,
                                                    const float* x, const float* dy,
                                                    float* dweight) {
  add_products<Sixteen>(size, columns, x, dy, dweight);
}
#endif

Kernels chosen_kernels() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f")) return {multiply_avx512, add_products_avx512};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return {multiply_avx2, add_products_avx2};
  }
#endif
  return {multiply_anywhere, add_products_anywhere};
}

const Kernels& kernels() {
  static const Kernels chosen = chosen_kernels();
  return chosen;
}

// body(first, count) for the blocks of [0, total), over the cores if there is enough to do.
template <typename Body>
void for_blocks(const LinearSize& size, std::int64_t total, std::int64_t block, int workers,
                const Body& body) {
  const std::int64_t work = size.count * size.inputs * size.outputs;
  const std::int64_t items = (total + block - 1) / block;
  base::parallel_for(static_cast<std::size_t>(items), work < kWorthThreads ? 1 : workers,
                     [&](std::size_t item, int) {
                       const std::int64_t first = static_cast<std::int64_t>(item) * block;
                       body(first, std::min(block, total - first));
                     });
}

}  // namespace

void linear_forward(const LinearSize& size, const float* x, const float* weight, const float* bias,
                    float* y, int workers) {
  if (size.count <= kThinPictures) {
    for_blocks(size, size.outputs, kRowsPerItem, workers, [&](auto first, auto rows) {
      kernels().multiply({size.inputs, size.count, 1, size.outputs}, rows,
                         weight + first * size.inputs, x, y + first);
    });
  } else if (size.outputs <= kThinOutputs) {
    for_blocks(size, size.count, kPicturesPerItem, workers, [&](auto first, auto pictures) {
      kernels().multiply({size.inputs, size.outputs, size.outputs, 1}, pictures,
                         x + first * size.inputs, weight, y + first * size.outputs);
    });
  } else {
    for_blocks(size, size.count, kPicturesPerItem, workers, [&](auto first, auto pictures) {
      onednn::gemm(onednn::Transpose::kNo, onednn::Transpose::kYes, pictures, size.outputs,
                   size.inputs, x + first * size.inputs, weight, 0, y + first * size.outputs);
    });
  }
  if (bias == nullptr) return;
  for (std::int64_t p = 0; p < size.count; ++p) {
    for (std::int64_t o = 0; o < size.outputs; ++o) y[p * size.outputs + o] += bias[o];
  }
}

void linear_backward(const LinearSize& size, const float* dy, const float* weight, float* dx,
                     int workers) {
  for_blocks(size, size.count, kPicturesPerItem, workers, [&](auto first, auto pictures) {
    onednn::gemm(onednn::Transpose::kNo, onednn::Transpose::kNo, pictures, size.inputs,
                 size.outputs, dy + first * size.outputs, weight, 0, dx + first * size.inputs);
  });
}

void linear_gradients(const LinearSize& size, const float* x, const float* dy, float* dweight,
                      float* dbias, int workers) {
  if (dbias != nullptr) {
    for (std::int64_t p = 0; p < size.count; ++p) {
      for (std::int64_t o = 0; o < size.outputs; ++o) dbias[o] += dy[p * size.outputs + o];
    }
  }
  if (dweight == nullptr) return;
  if (size.outputs <= kThinOutputs) {
    for_blocks(size, size.inputs, kColumnsPerItem, workers, [&](auto first, auto columns) {
      kernels().add_products(size, columns, x + first, dy, dweight + first);
    });
    return;
  }
  // Transposed, so that the part of dy that belongs to some rows of the weight lies together.
  std::vector<float> columns(static_cast<std::size_t>(size.count * size.outputs));
  for (std::int64_t p = 0; p < size.count; ++p) {
    for (std::int64_t o = 0; o < size.outputs; ++o) {
      columns[static_cast<std::size_t>(o * size.count + p)] = dy[p * size.outputs + o];
    }
  }
  for_blocks(size, size.outputs, kRowsPerItem, workers, [&](auto first, auto rows) {
    onednn::gemm(onednn::Transpose::kNo, onednn::Transpose::kNo, rows, size.inputs, size.count,
                 columns.data() + first * size.count, x, 1, dweight + first * size.inputs);
  });
}

}  // namespace engraft::learn
