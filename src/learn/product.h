// The matrix products of linear layers, forwards and backwards, over the cores where that pays. No
// result depends on how many cores there are.
#pragma once

#include <cstdint>

namespace engraft::learn {

// A linear layer applied to `count` pictures: x is count × inputs, its output y count × outputs,
// its weight outputs × inputs, all row-major.
struct LinearSize {
  std::int64_t count = 0;
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
};

// Of up to so many pictures each number is a sum of its own in one order, whatever the others:
// there the operand is so thin that the weights only stream through the processor once. (gemm()
// first rearranges them, and so moves them through memory three times.)
constexpr std::int64_t kThinPictures = 16;

// y = x · weightᵀ + bias; `bias` (outputs) may be null. For small batches this reads the weights
// once, at the memory's speed.
void linear_forward(const LinearSize& size, const float* x, const float* weight, const float* bias,
                    float* y, int workers);

// The gradient of x from that of y: dx = dy · weight.
void linear_backward(const LinearSize& size, const float* dy, const float* weight, float* dx,
                     int workers);

// Adds the gradients of weight and bias; either may be null.
void linear_gradients(const LinearSize& size, const float* x, const float* dy, float* dweight,
                      float* dbias, int workers);

// Products of fewer multiply-adds than this take less time than starting a thread for them.
constexpr std::int64_t kWorthThreads = 4'000'000;

}  // namespace engraft::learn
