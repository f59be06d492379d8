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

  Pair() = default;
  Pair(std::int64_t both) : height(both), width(both) {}  // NOLINT: implicit, as in PyTorch
  Pair(std::int64_t h, std::int64_t w) : height(h), width(w) {}
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
  float momentum = 0.1F;
};

struct ReLU {
  bool inplace = true;
};

struct ReLU6 {
  bool inplace = true;
};

struct MaxPool2d {
  Pair kernel = 2;
  Pair stride = 2;
  Pair padding = 0;
  bool ceil_mode = false;
};

struct AdaptiveAvgPool2d {
  Pair output = 1;
};

struct Dropout {
  float probability = 0.5F;
  bool inplace = false;
};

// torch.flatten(x, 1)
struct Flatten {};

// Element-wise sum of its inputs.
struct Add {};

// torch.cat(inputs, 1)
struct Concat {};

using Layer = std::variant<Input, Conv2d, Linear, BatchNorm2d, ReLU, ReLU6, MaxPool2d,
                           AdaptiveAvgPool2d, Dropout, Flatten, Add, Concat>;

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
