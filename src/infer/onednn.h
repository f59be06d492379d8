// oneDNN's primitives as this project needs them: made for fixed shapes, run on the calling thread.
// Where oneDNN's versions differ, they differ behind this header.
#pragma once

#include <cstddef>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "graph/layer.h"

namespace engraft::onednn {

using Desc = dnnl::memory::desc;
using Type = dnnl::memory::data_type;

const dnnl::engine& engine();

// Whether the processor has instructions for bfloat16 that oneDNN uses.
bool multiplies_bfloat16();

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

enum class Activation { kNone, kRelu, kRelu6, kHardswish, kHardsigmoid, kSilu, kSigmoid };

// What happens to a product before it is stored.
struct Fusion {
  bool sum = false;  // what the destination holds is added, before the activation
  Activation activation = Activation::kNone;
};

// A primitive and the layouts that it chose.
struct Primitive {
  dnnl::primitive primitive;
  std::vector<Desc> sources;
  Desc weights;  // empty for most
  Desc destination;
  std::size_t scratchpad_bytes = 0;
};

Desc plain(const Shape& shape, Type type);  // row-major
Desc any(const Shape& shape, Type type);    // for the primitive to choose
Shape shape_of(const Desc& desc);
Type type_of(const Desc& desc);

// `destination` may be any(); its element type is what is stored. Biases are float32.
Primitive convolution(const Conv2d& conv, const Shape& source, Type type, const Desc& destination,
                      Fusion fusion);
Primitive inner_product(const Shape& source, std::int64_t outputs, Type type, Fusion fusion);
Primitive pooling(dnnl::algorithm algorithm, const Desc& source, const Shape& destination,
                  Pair kernel, Pair stride, Pair padding);
// One after another.
std::vector<Primitive> activation(Activation kind, const Desc& source);
Primitive sum(const std::vector<Desc>& sources);
Primitive concat(const std::vector<Desc>& sources);
// `scale` has the source's shape or one number a channel.
Primitive multiply(const Desc& source, const Desc& scale);
Primitive channel_shuffle(const Desc& source, std::int64_t groups);
// The layout of channels [begin, end) within a row-major value.
Desc channels_of(const Desc& source, std::int64_t begin, std::int64_t end);
Primitive reorder(const Desc& source, const Desc& destination);

}  // namespace engraft::onednn
