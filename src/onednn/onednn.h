// oneDNN's primitives as this project needs them: made for fixed shapes, run on the calling thread.
// Where oneDNN's versions differ is onednn/versions.h.
#pragma once

#include <array>
#include <cstddef>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/layer.h"

namespace engraft::onednn {

using Desc = dnnl::memory::desc;
using Type = dnnl::memory::data_type;

const dnnl::engine& engine();

// Whether the processor has instructions for bfloat16 that oneDNN uses.
bool multiplies_bfloat16();

// Whether it multiplies 8-bit numbers four at a time (VNNI). Without, two products of the largest
// numbers overflow, so that activations have 7 bits.
bool multiplies_int8();

// Whether 1 × 1 filters are computed as 1 × 2 whose second column is zero, since this oneDNN would
// die of a division by zero otherwise: version 3 where a virtual machine hides its caches' sizes.
// That takes twice the multiplications for those layers.
bool widens_filters();

// What decides how sums are rounded: oneDNN's name for the instructions that it uses here
// ("avx512_core_bf16"; empty for none that it knows; with ", widened" where widens_filters()), and
// its version ("2.6.3").
std::string instructions();
std::string version();

// What goes beside 8-bit numbers: bfloat16 where the processor multiplies it, else float32.
Type wider_type();

// While it lives, the calling thread makes and runs primitives alone, without OpenMP's other
// threads.
class SingleThread {
 public:
  SingleThread();
  SingleThread(const SingleThread&) = delete;
  SingleThread& operator=(const SingleThread&) = delete;
  ~SingleThread();

 private:
  int before_;
};

// Throws Error that names what was computed, where a call of oneDNN's C functions failed.
void require_success(dnnl_status_t status, const char* what);

enum class Activation {
  kNone,
  kRelu,
  kRelu6,
  kHardswish,
  kHardsigmoid,
  kSilu,
  kSigmoid,
  kTanh,
  kGelu
};

// What happens to a product before it is stored.
struct Fusion {
  bool sum = false;  // what the destination holds is added, before the activation
  Activation activation = Activation::kNone;
};

// What 8-bit numbers stand for: a value is number · scale.
struct Quantum {
  Type type = Type::f32;  // u8 or s8; with f32 and bf16 the scale is 1
  float scale = 1;

  bool operator==(const Quantum&) const = default;
};

// What a primitive's execute() takes.
using Arguments = std::unordered_map<int, dnnl::memory>;

// A primitive and the layouts that it chose.
struct Primitive {
  dnnl::primitive primitive;
  std::vector<Desc> sources;
  Desc weights;  // empty for most
  Desc destination;
  std::size_t scratchpad_bytes = 0;
  // How often it is to be executed, source and destination moving on by their own sizes each time.
  std::int64_t times = 1;
  Arguments constants = {};  // that it always takes: scales
};

// Gives the primitive what it needs beside its operands: its constants, and scratch memory, if it
// needs any; `begin` is aligned to 64 bytes.
void add_own(Arguments& arguments, const Primitive& primitive, std::byte* begin);

Desc plain(const base::Shape& shape, Type type);          // row-major
Desc any(const base::Shape& shape, Type type);            // for the primitive to choose
Desc channels_last(const base::Shape& shape, Type type);  // N × C × H × W: nhwc
// N × C × H × W in blocks of `block` channels, 8 or 16: nChw8c, nChw16c.
Desc blocked(const base::Shape& shape, std::int64_t block, Type type);
// The number of channels in a block where that is how float32 values lie; 0 otherwise.
std::int64_t channel_block(const Desc& desc);
bool is_channels_last(const Desc& desc);
std::string text_of(const Desc& desc);  // all that decides where a number lies
base::Shape shape_of(const Desc& desc);
Type type_of(const Desc& desc);

// A float32 tensor's numbers as they lie, to be read only; valid as long as the tensor's memory.
dnnl::memory memory_of(const base::Tensor& tensor);

// `destination` may be any(); its element type is what is stored. Biases are float32. The weights'
// layout says how wide the filters are to be.
Primitive convolution(const graph::Conv2d& conv, const base::Shape& source, Type type,
                      const Desc& destination, Fusion fusion);
// In 8-bit numbers with sums in int32: `weight_scales` say what each output channel's weights stand
// for; biases are float32, divided by int8_bias_unit(). `addend` is what the
// destination's memory stands for beforehand where fusion.sum asks for it. Empty where oneDNN has
// no fast way for such a convolution.
std::optional<Primitive> convolution_int8(const graph::Conv2d& conv,
                                          const base::Shape& source_shape, const Quantum& source,
                                          const std::vector<float>& weight_scales,
                                          const Desc& destination, const Quantum& result,
                                          const Quantum& addend, Fusion fusion);
float int8_bias_unit(float weight_scale, float source_scale);
// Of what lies at each place of the source, 1 × C × 1 × places, with a matrix of weights; without
// bias.
Primitive matrix_product(const Desc& source, const Desc& destination);
// Of row-major rows × features with outputs × features weights: row-major rows × outputs. `source`
// is that of one picture. Whatever the number of pictures, each one's sums are formed alike: with
// all their rows at once where oneDNN has a kernel that does so, else picture by picture.
Primitive product_of_rows(const base::Shape& source, std::int64_t pictures, std::int64_t outputs,
                          Type type, Fusion fusion);
// Of row-major float32 rows × features; with DNNL_ARG_SCALE and DNNL_ARG_SHIFT.
Primitive layer_norm(const base::Shape& source, float eps);
// Of row-major float32 rows × columns, each row by itself, in place.
Primitive softmax(const base::Shape& source);
Primitive pooling(dnnl::algorithm algorithm, const Desc& source, const base::Shape& destination,
                  graph::Pair kernel, graph::Pair stride, graph::Pair padding);
// One after another.
std::vector<Primitive> activation(Activation kind, const Desc& source);
Primitive sum(const std::vector<Desc>& sources);
Primitive concat(const std::vector<Desc>& sources);
// `scale` has the source's shape or one number a channel.
Primitive multiply(const Desc& source, const Desc& scale);
Primitive channel_shuffle(const Desc& source, std::int64_t groups);
// The layout of the value whose dimension i is dimension order[i] of the source; no number moves.
Desc permuted(const Desc& source, const std::array<int, 4>& order);
// Whether numbers lie in blocks of channels, so that the layout is more than strides.
bool is_blocked(const Desc& desc);
// The layout of channels [begin, end) within a row-major value.
Desc channels_of(const Desc& source, std::int64_t begin, std::int64_t end);
// Every number is multiplied by `factor` on the way.
Primitive reorder(const Desc& source, const Desc& destination, float factor = 1);
// Weights K × ... (or groups × K / groups × ...) to another layout and type, each output channel's
// multiplied by its factor; without factors as they are.
void reorder_weights(const dnnl::memory& source, dnnl::memory& target,
                     const std::vector<float>& factors = {});

}  // namespace engraft::onednn
