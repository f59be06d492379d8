// The vocabulary of networks: PyTorch's layers as plain values, with PyTorch's names and defaults.
// A layer knows nothing of its inputs, its parameters' values or how it is computed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/tensor.h"

namespace engraft::graph {

// An extent in both directions of a picture; from one number, a square.
struct Pair {
  std::int64_t height = 0;
  std::int64_t width = 0;

  constexpr Pair() = default;
  constexpr Pair(std::int64_t both)
      : height(both), width(both) {}  // NOLINT: implicit, as in PyTorch
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

// Over the last dimension, whatever stands before it.
struct Linear {
  std::int64_t in_features = 0;  // 0 in a builder: taken from the layer's input
  std::int64_t out_features = 0;
  bool bias = true;
  // Where attention's projections differ from others.
  enum class Role {
    kPlain,
    kInProjection,   // MultiheadAttention's in_proj_weight and in_proj_bias
    kOutProjection,  // printed as NonDynamicallyQuantizableLinear
    kUnbiasedKeys,   // Swin V2's qkv: the bias's middle third counts as zero
  };
  Role role = Role::kPlain;
};

struct BatchNorm2d {
  std::int64_t features = 0;  // 0 in a builder: taken from the layer's input
  float eps = 1e-5F;
  double momentum = 0.1;
};

// Over the last dimension; as torchvision's LayerNorm2d over dimension 1.
struct LayerNorm {
  std::int64_t features = 0;  // 0 in a builder: taken from the layer's input
  float eps = 1e-5F;
  bool channels_first = false;
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

struct Tanh {};

// x · Φ(x), exactly (not by tanh).
struct GELU {};

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

// torch.permute: dimension i of the result is dimension order[i] of the input.
struct Permute {
  std::array<int, 4> order{0, 2, 3, 1};
};

// Element-wise sum of its inputs.
struct Add {};

// Element-wise product; the second input may be one number a channel (N × C × 1 × 1, or a parameter
// of C × 1 × 1, or of C for the last dimension).
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

// A module's own parameter, or a buffer that computing does not need, as a value without a batch.
struct Parameter {
  std::string name;
  base::Shape shape;
  float mean = 0;  // as initialised: normally distributed
  float deviation = 0;
};

// Swin's buffers, whose numbers follow from the window (arXiv 2103.14030 and 2111.09883).
struct RelativePositionIndex {
  Pair window;
  bool flat = true;  // one dimension, or (MaxViT) two
};
struct RelativeCoordsTable {
  Pair window;
};

// Patches N × C × H × W, a class token 1 × 1 × C and positions 1 × (1 + grid) × C become tokens
// N × (1 + H·W) × C (arXiv 2010.11929, section 3.1). For another grid than their own, positions are
// resampled as DINOv2 does: bicubic, by the factor (H + offset) / grid where there is an offset.
struct EmbedPatches {
  Pair grid;
  float offset = 0;
};

// x[:, index] of tokens: N × T × C becomes N × C.
struct SelectToken {
  std::int64_t index = 0;
};

// Scaled dot-product attention (arXiv 1706.03762, section 3.2). Queries, keys and values lie beside
// each other, N × T × 3C; gives N × T × C.
struct Attention {
  std::int64_t heads = 1;
};

// Attention within windows of N × H × W × 3C (Swin, arXiv 2103.14030; MaxViT, arXiv 2204.01697).
// The second input is the table of relative position biases, (2·window - 1)² × heads in its last
// dimensions. `cosine` is Swin V2's (arXiv 2111.09883): with the third input, the logarithms of
// each head's scale, and biases of 16 · sigmoid(table).
struct WindowAttention {
  std::int64_t heads = 1;
  Pair window = 7;
  Pair shift = 0;        // ignored where one window covers the picture, as torchvision does
  bool dilated = false;  // MaxViT's grid: a window's pixels lie as far apart as possible
  float scale = 0;       // of the products; 0: 1 / √(C / heads)
  bool cosine = false;
};

// N × H × W × C becomes N × H/2 × W/2 × 4C: pixels (0, 0), (1, 0), (0, 1), (1, 1) of each square
// beside each other; odd extents are padded with zeros.
struct PatchMerging {};

using Layer =
    std::variant<Input, Conv2d, Linear, BatchNorm2d, LayerNorm, ReLU, ReLU6, Hardswish, Hardsigmoid,
                 SiLU, Sigmoid, Tanh, GELU, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, Dropout,
                 StochasticDepth, Flatten, Permute, Add, Multiply, Concat, Slice, ChannelShuffle,
                 Parameter, RelativePositionIndex, RelativeCoordsTable, EmbedPatches, SelectToken,
                 Attention, WindowAttention, PatchMerging>;

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
  base::Shape shape;
  ParameterKind kind = ParameterKind::kParameter;
  base::DType dtype = base::DType::kFloat32;
};

// What the layer stores, in state_dict's order; empty for most.
std::vector<ParameterSpec> parameters_of(const Layer& layer);

// The numbers of a buffer that follow from the layer alone (RelativePositionIndex,
// RelativeCoordsTable); an empty tensor for others.
base::Tensor fixed_values(const Layer& layer);

// The output's shape (N × C × H × W or N × C) from the inputs'. Throws Error where they do not fit.
base::Shape output_shape(const Layer& layer, const std::vector<base::Shape>& inputs);

// Multiply-adds for one output of this shape, convolutions and matrix products only, attention's
// included (as torchvision counts them); biases are not counted.
std::int64_t multiply_adds(const Layer& layer, const base::Shape& output);

}  // namespace engraft::graph
