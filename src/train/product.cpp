#include "train/product.h"

#include <algorithm>
#include <vector>

#include "base/parallel.h"
#include "infer/gemm.h"

namespace engraft {
namespace {

// Up to this many pictures the products are made here rather than by gemm(), which first rearranges
// the weights and so moves them through memory three times.
constexpr std::int64_t kSmallBatch = 16;

constexpr std::int64_t kRowsPerItem = 64;      // of the weight, where its rows are shared out
constexpr std::int64_t kPicturesPerItem = 32;  // where the pictures are

// Eight numbers at any address, which the compiler puts into one register or several.
using Eight = float __attribute__((vector_size(32), aligned(4), may_alias));
constexpr std::int64_t kWidth = 8;

// Rows × Pictures dot products of length `inputs`: each weight is loaded once for all pictures.
template <int Rows, int Pictures>
[[gnu::always_inline]] inline void dot_products(const LinearSize& size, const float* x,
                                                const float* weight, float* y) {
  Eight sums[Rows][Pictures] = {};
  std::int64_t i = 0;
  for (; i + kWidth <= size.inputs; i += kWidth) {
    for (int r = 0; r < Rows; ++r) {
      const Eight w = *reinterpret_cast<const Eight*>(weight + r * size.inputs + i);
      for (int p = 0; p < Pictures; ++p) {
        sums[r][p] += w * *reinterpret_cast<const Eight*>(x + p * size.inputs + i);
      }
    }
  }
  for (int r = 0; r < Rows; ++r) {
    for (int p = 0; p < Pictures; ++p) {
      float sum = 0;
      for (int lane = 0; lane < kWidth; ++lane) sum += sums[r][p][lane];
      for (std::int64_t j = i; j < size.inputs; ++j) {
        sum += weight[r * size.inputs + j] * x[p * size.inputs + j];
      }
      y[p * size.outputs + r] = sum;
    }
  }
}

template <int Rows>
[[gnu::always_inline]] inline void multiply_rows(const LinearSize& size, const float* x,
                                                 const float* weight, float* y) {
  std::int64_t p = 0;
  for (; p + 4 <= size.count; p += 4) {
    dot_products<Rows, 4>(size, x + p * size.inputs, weight, y + p * size.outputs);
  }
  for (; p < size.count; ++p) {
    dot_products<Rows, 1>(size, x + p * size.inputs, weight, y + p * size.outputs);
  }
}

// The outputs of `rows` rows that begin at `weight`, written from y on.
[[gnu::always_inline]] inline void multiply(const LinearSize& size, std::int64_t rows,
                                            const float* x, const float* weight, float* y) {
  std::int64_t row = 0;
  for (; row + 2 <= rows; row += 2) multiply_rows<2>(size, x, weight + row * size.inputs, y + row);
  for (; row < rows; ++row) multiply_rows<1>(size, x, weight + row * size.inputs, y + row);
}

using Multiply = void(const LinearSize&, std::int64_t, const float*, const float*, float*);

void multiply_anywhere(const LinearSize& size, std::int64_t rows, const float* x,
                       const float* weight, float* y) {
  multiply(size, rows, x, weight, y);
}

#ifdef __x86_64__
[[gnu::target("avx2,fma")]] void multiply_avx2(const LinearSize& size, std::int64_t rows,
                                               const float* x, const float* weight, float* y) {
  multiply(size, rows, x, weight, y);
}
#endif

Multiply* best_multiply() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return multiply_avx2;
#endif
  return multiply_anywhere;
}

// body(first, count) for the blocks of [0, total), over the cores if there is enough to do.
template <typename Body>
void for_blocks(const LinearSize& size, std::int64_t total, std::int64_t block, int workers,
                const Body& body) {
  const std::int64_t work = size.count * size.inputs * size.outputs;
  const std::int64_t items = (total + block - 1) / block;
  parallel_for(static_cast<std::size_t>(items), work < kWorthThreads ? 1 : workers,
               [&](std::size_t item, int) {
                 const std::int64_t first = static_cast<std::int64_t>(item) * block;
                 body(first, std::min(block, total - first));
               });
}

}  // namespace

void linear_forward(const LinearSize& size, const float* x, const float* weight, const float* bias,
                    float* y, int workers) {
  if (size.count <= kSmallBatch) {
    Multiply* const small = best_multiply();
    for_blocks(size, size.outputs, kRowsPerItem, workers, [&](auto first, auto rows) {
      small(size, rows, x, weight + first * size.inputs, y + first);
    });
  } else {
    for_blocks(size, size.count, kPicturesPerItem, workers, [&](auto first, auto pictures) {
      gemm(Transpose::kNo, Transpose::kYes, pictures, size.outputs, size.inputs,
           x + first * size.inputs, weight, 0, y + first * size.outputs);
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
    gemm(Transpose::kNo, Transpose::kNo, pictures, size.inputs, size.outputs,
         dy + first * size.outputs, weight, 0, dx + first * size.inputs);
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
  // Transposed, so that the part of dy that belongs to some rows of the weight lies together.
  std::vector<float> columns(static_cast<std::size_t>(size.count * size.outputs));
  for (std::int64_t p = 0; p < size.count; ++p) {
    for (std::int64_t o = 0; o < size.outputs; ++o) {
      columns[static_cast<std::size_t>(o * size.count + p)] = dy[p * size.outputs + o];
    }
  }
  for_blocks(size, size.outputs, kRowsPerItem, workers, [&](auto first, auto rows) {
    gemm(Transpose::kNo, Transpose::kNo, rows, size.inputs, size.count,
         columns.data() + first * size.count, x, 1, dweight + first * size.inputs);
  });
}

}  // namespace engraft
