// The vocabulary of networks: PyTorch's layers as plain values, with PyTorch's names and defaults.
// A layer knows nothing of its inputs, its parameters' values or how it is computed. What is asked
// about layers is answered in layer_print.cpp, layer_parameters.cpp, layer_limits.cpp and
// layer_shape.cpp, a question each.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/tensor.h"
#include "base/visit.h"

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
  bool operator==(const Input&) const = default;
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
  bool operator==(const Conv2d&) const = default;
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
  bool operator==(const Linear&) const = default;
};

struct BatchNorm2d {
  std::int64_t features = 0;  // 0 in a builder: taken from the layer's input
  float eps = 1e-5F;
  double momentum = 0.1;
  bool operator==(const BatchNorm2d&) const = default;
};

// Over the last dimension; as torchvision's LayerNorm2d over dimension 1.
struct LayerNorm {
  std::int64_t features = 0;  // 0 in a builder: taken from the layer's input
  float eps = 1e-5F;
  bool channels_first = false;
  bool operator==(const LayerNorm&) const = default;
};

struct ReLU {
  bool inplace = true;
  bool operator==(const ReLU&) const = default;
};

struct ReLU6 {
  bool inplace = true;
  bool operator==(const ReLU6&) const = default;
};

struct Hardswish {
  bool inplace = true;
  bool operator==(const Hardswish&) const = default;
};

struct Hardsigmoid {
  bool inplace = true;
  bool operator==(const Hardsigmoid&) const = default;
};

// x · sigmoid(x), also called swish.
struct SiLU {
  bool inplace = true;
  bool operator==(const SiLU&) const = default;
};

struct Sigmoid {
  bool operator==(const Sigmoid&) const = default;
};

struct Tanh {
  bool operator==(const Tanh&) const = default;
};

// x · Φ(x), exactly (not by tanh).
struct GELU {
  bool operator==(const GELU&) const = default;
};

struct MaxPool2d {
  Pair kernel = 2;
  Pair stride = 2;
  Pair padding = 0;
  bool ceil_mode = false;
  bool operator==(const MaxPool2d&) const = default;
};

// Counts the padding's zeros in its means, as PyTorch's default.
struct AvgPool2d {
  Pair kernel = 2;
  Pair stride = 2;
  Pair padding = 0;
  bool operator==(const AvgPool2d&) const = default;
};

struct AdaptiveAvgPool2d {
  Pair output = 1;
  bool printed_as_number = false;  // as torchvision wrote it: 1 instead of (1, 1)
  bool operator==(const AdaptiveAvgPool2d&) const = default;
};

struct Dropout {
  float probability = 0.5F;
  bool inplace = false;
  bool operator==(const Dropout&) const = default;
};

// Leaves out whole residual branches at random in training. A frozen branch is never left out, as a
// frozen batch norm keeps its statistics: nothing happens here.
struct StochasticDepth {
  double probability = 0;
  bool operator==(const StochasticDepth&) const = default;
};

// torch.flatten(x, 1)
struct Flatten {
  bool operator==(const Flatten&) const = default;
};

// torch.permute: dimension i of the result is dimension order[i] of the input.
struct Permute {
  std::array<int, 4> order{0, 2, 3, 1};
  bool operator==(const Permute&) const = default;
};

// Element-wise sum of its inputs.
struct Add {
  bool operator==(const Add&) const = default;
};

// Element-wise product; the second input may be one number a channel (N × C × 1 × 1, or a parameter
// of C × 1 × 1, or of C for the last dimension).
struct Multiply {
  bool operator==(const Multiply&) const = default;
};

// torch.cat(inputs, 1)
struct Concat {
  bool operator==(const Concat&) const = default;
};

// x[:, begin:end]
struct Slice {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool operator==(const Slice&) const = default;
};

// Channel g·(C/groups) + j becomes channel j·groups + g (ShuffleNet,
// https://arxiv.org/abs/1707.01083).
struct ChannelShuffle {
  std::int64_t groups = 2;
  bool operator==(const ChannelShuffle&) const = default;
};

// A module's own parameter, or a buffer that computing does not need, as a value without a batch.
struct Parameter {
  std::string name;
  base::Shape shape;
  float mean = 0;  // as initialised: normally distributed
  float deviation = 0;
  bool operator==(const Parameter&) const = default;
};

// Swin's buffers, whose numbers follow from the window (arXiv 2103.14030 and 2111.09883).
struct RelativePositionIndex {
  Pair window;
  bool flat = true;  // one dimension, or (MaxViT) two
  bool operator==(const RelativePositionIndex&) const = default;
};
struct RelativeCoordsTable {
  Pair window;
  bool operator==(const RelativeCoordsTable&) const = default;
};

// Patches N × C × H × W, a class token 1 × 1 × C and positions 1 × (1 + grid) × C become tokens
// N × (1 + H·W) × C (arXiv 2010.11929, section 3.1). For another grid than their own, positions are
// resampled as DINOv2 does: bicubic, by the factor (H + offset) / grid where there is an offset.
struct EmbedPatches {
  Pair grid;
  float offset = 0;
  bool operator==(const EmbedPatches&) const = default;
};

// x[:, index] of tokens: N × T × C becomes N × C.
struct SelectToken {
  std::int64_t index = 0;
  bool operator==(const SelectToken&) const = default;
};

// Scaled dot-product attention (arXiv 1706.03762, section 3.2). Queries, keys and values lie beside
// each other, N × T × 3C; gives N × T × C.
struct Attention {
  std::int64_t heads = 1;
  bool operator==(const Attention&) const = default;
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
  bool operator==(const WindowAttention&) const = default;
};

// N × H × W × C becomes N × H/2 × W/2 × 4C: pixels (0, 0), (1, 0), (0, 1), (1, 1) of each square
// beside each other; odd extents are padded with zeros.
struct PatchMerging {
  bool operator==(const PatchMerging&) const = default;
};

using Layer =
    std::variant<Input, Conv2d, Linear, BatchNorm2d, LayerNorm, ReLU, ReLU6, Hardswish, Hardsigmoid,
                 SiLU, Sigmoid, Tanh, GELU, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, Dropout,
                 StochasticDepth, Flatten, Permute, Add, Multiply, Concat, Slice, ChannelShuffle,
                 Parameter, RelativePositionIndex, RelativeCoordsTable, EmbedPatches, SelectToken,
                 Attention, WindowAttention, PatchMerging>;

// One of each, with its defaults.
std::vector<Layer> every_layer();

// Families of layers that answer many questions alike; each layer is in one. A question about
// layers is a std::visit that names layers or families and has no case for "all others", so that
// the compiler lists what a new layer still lacks (docs/decisions/017-layers-answer-by-visit.md).
template <typename L>
concept WeightedLayer = base::OneOf<L, Conv2d, Linear, BatchNorm2d, LayerNorm>;
template <typename L>
concept ActivationLayer =
    base::OneOf<L, ReLU, ReLU6, Hardswish, Hardsigmoid, SiLU, Sigmoid, Tanh, GELU>;
template <typename L>
concept PoolingLayer = base::OneOf<L, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d>;
// What does something in training only.
template <typename L>
concept RestingLayer = base::OneOf<L, Dropout, StochasticDepth>;
template <typename L>
concept RearrangingLayer =
    base::OneOf<L, Flatten, Permute, Concat, Slice, ChannelShuffle, SelectToken, PatchMerging>;
template <typename L>
concept CombiningLayer = base::OneOf<L, Add, Multiply>;
template <typename L>
concept TokenLayer = base::OneOf<L, EmbedPatches, Attention, WindowAttention>;
// What has no input.
template <typename L>
concept SourceLayer = base::OneOf<L, Parameter, RelativePositionIndex, RelativeCoordsTable>;
template <typename L>
concept LayerWithoutParameters = base::OneOf<L, Input> || ActivationLayer<L> || PoolingLayer<L> ||
    RestingLayer<L> || RearrangingLayer<L> || CombiningLayer<L> || TokenLayer<L>;

// The class name in PyTorch ("Conv2d"), and for functions their name ("flatten", "add", "cat").
std::string type_name(const Layer& layer);

// As torch.fx names the function that computes it ("relu", "cat").
std::string function_name(const Layer& layer);

// The name of its type in a saved graph ("conv2d", "slice"); no two types have the same.
std::string kind_name(const Layer& layer);

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

// Throws Error where a setting is impossible or beyond all sense: a stride of 0, 2⁴⁰ channels, an
// order of dimensions that leaves one out. Whatever asks about a layer from outside has called this
// before, or output_shape(), which does.
void validate(const Layer& layer);

// The output's shape (N × C × H × W, N × T × C or N × C) from the inputs'; of an Input, what is put
// in. Throws Error where the layer is not valid, where they do not fit, and where the result would
// be empty or larger than anything that could be computed.
base::Shape output_shape(const Layer& layer, const std::vector<base::Shape>& inputs);

// Settings that a builder left at 0, taken from the input's shape: channel and feature counts.
void take_channels_from(const base::Shape& input, Layer& layer);

// Multiply-adds for one output of this shape, convolutions and matrix products only, attention's
// included (as torchvision counts them); biases are not counted.
std::int64_t multiply_adds(const Layer& layer, const base::Shape& output);

}  // namespace engraft::graph
