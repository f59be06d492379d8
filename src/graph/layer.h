// The vocabulary of networks: PyTorch's layers as plain values, with PyTorch's names and defaults.
// A layer knows nothing of its inputs, its parameters' values or how it is computed.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/tensor.h"

namespace engraft {

// An extent in both directions of a picture; from one number, a square.
struct Pair {
  std::int64_t height = 0;
  std::int64_t width = 0;

  constexpr Pair() = default;
  constexpr Pair(std::int64_t both) : height(both), width(both) {}  // NOLINT: implicit, as in PyTorch
  constexpr Pair(std::int64_t h, std::int64_t w) : height(h), width(w) {}
  bool operator==(const Pair&) const = default;
};

struct Input {
  std::int64_t channels = 3;
};

struct Conv2d {
  std::int64_t in_channels = 0;  // 0 in a builder: taken from the layer's input
  std::int64_t out_channels = 0;
  Pair kernel = 1;
  Pair stride = 1;
  Pair padding = 0;
  Pair dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
};

struct Linear {
  std::int64_t in_features = 0;  // 0 in a builder: taken from the layer's input
  std::int64_t out_features = 0;
  bool bias = true;
};

struct BatchNorm2d {
  std::int64_t features = 0;  // 0 in a builder: taken from the layer's input
  float eps = 1e-5F;
  double momentum = 0.1;
};

struct ReLU {
  bool inplace = true;
};

struct ReLU6 {
  bool inplace = true;
};

struct Hardswish {
  bool inplace = true;
};

struct Hardsigmoid {
  bool inplace = true;
};

// x · sigmoid(x), also called swish.
struct SiLU {
  bool inplace = true;
};

struct Sigmoid {};

struct MaxPool2d {
  Pair kernel = 2;
  Pair stride = 2;
  Pair padding = 0;
  bool ceil_mode = false;
};

// Counts the padding's zeros in its means, as PyTorch's default.
struct AvgPool2d {
  Pair kernel = 2;
  Pair stride = 2;
  Pair padding = 0;
};

struct AdaptiveAvgPool2d {
  Pair output = 1;
  bool printed_as_number = false;  // as torchvision wrote it: 1 instead of (1, 1)
};

struct Dropout {
  float probability = 0.5F;
  bool inplace = false;
};

// Leaves out whole residual branches at random in training. A frozen branch is never left out, as a
// frozen batch norm keeps its statistics: nothing happens here.
struct StochasticDepth {
  double probability = 0;
};

// torch.flatten(x, 1)
struct Flatten {};

// Element-wise sum of its inputs.
struct Add {};

// Element-wise product; the second input may be one number a channel (N × C × 1 × 1).
struct Multiply {};

// torch.cat(inputs, 1)
struct Concat {};

// x[:, begin:end]
struct Slice {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

// Channel g·(C/groups) + j becomes channel j·groups + g (ShuffleNet,
// https://arxiv.org/abs/1707.01083).
struct ChannelShuffle {
  std::int64_t groups = 2;
};

using Layer = std::variant<Input, Conv2d, Linear, BatchNorm2d, ReLU, ReLU6, Hardswish, Hardsigmoid,
                           SiLU, Sigmoid, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, Dropout,
                           StochasticDepth, Flatten, Add, Multiply, Concat, Slice, ChannelShuffle>;

// The class name in PyTorch ("Conv2d"), and for functions their name ("flatten", "add", "cat").
std::string type_name(const Layer& layer);

// As PyTorch prints the module: "Conv2d(3, 64, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))".
std::string describe(const Layer& layer);

enum class ParameterKind {
  kParameter,  // can learn
  kBuffer,     // state that is not learnt: a batch norm's running statistics
};

struct ParameterSpec {
  std::string name;  // "weight"
  Shape shape;
  ParameterKind kind = ParameterKind::kParameter;
  DType dtype = DType::kFloat32;
};

// What the layer stores, in state_dict's order; empty for most.
std::vector<ParameterSpec> parameters_of(const Layer& layer);

// The output's shape (N × C × H × W or N × C) from the inputs'. Throws Error where they do not fit.
Shape output_shape(const Layer& layer, const std::vector<Shape>& inputs);

// Multiply-adds for one output of this shape, convolutions and matrix products only (as
// torchvision counts them); biases are not counted.
std::int64_t multiply_adds(const Layer& layer, const Shape& output);

}  // namespace engraft
