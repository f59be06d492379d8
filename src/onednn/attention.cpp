#include "onednn/attention.h"

#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "base/large_buffer.h"
#include "onednn/onednn.h"

namespace engraft::onednn {
namespace {

// Added to products of pixels that only a shift made neighbours; torchvision's number.
constexpr float kMasked = -100;

// Tokens whose queries, keys and values lie in one row each, `stride` apart.
struct Tokens {
  const float* qkv;
  std::int64_t count;
  std::int64_t width;  // C
};

// Softmax over each row of tokens × tokens weights, in place.
class Softmax {
 public:
  explicit Softmax(std::int64_t tokens) : primitive_(softmax({tokens, tokens})) {}

  std::size_t scratch_bytes() const { return primitive_.scratchpad_bytes; }

  void run(float* weights, std::byte* scratch) const {
    const dnnl::memory memory(primitive_.destination, engine(), weights);
    dnnl::stream stream(engine());
    Arguments arguments{{DNNL_ARG_SRC, memory}, {DNNL_ARG_DST, memory}};
    add_own(arguments, primitive_, scratch);
    primitive_.primitive.execute(stream, arguments);
    stream.wait();
  }

 private:
  Primitive primitive_;
};

void product(char transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, float alpha,
             const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float beta,
             float* c, std::int64_t ldc) {
  require_success(dnnl_sgemm('N', transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc),
                  "attention");
}

// One head: softmax(scale · Q Kᵀ + what `weights` holds) V, where it holds something.
void attend(const Tokens& tokens, std::int64_t head, std::int64_t heads, float scale, bool biased,
            const Softmax& softmax, float* weights, std::byte* scratch, float* result) {
  const std::int64_t size = tokens.width / heads;
  const std::int64_t row = 3 * tokens.width;
  const float* queries = tokens.qkv + head * size;
  const float* keys = queries + tokens.width;
  const float* values = keys + tokens.width;
  product('T', tokens.count, tokens.count, size, scale, queries, row, keys, row, biased ? 1 : 0,
          weights, tokens.count);
  softmax.run(weights, scratch);
  product('N', tokens.count, size, tokens.count, 1, weights, tokens.count, values, row, 0,
          result + head * size, tokens.width);
}

// A kernel's scratch memory, handed out piece by piece.
class Scratch {
 public:
  explicit Scratch(std::byte* begin) : next_(begin) {}

  float* floats(std::int64_t count) {
    float* result = reinterpret_cast<float*>(next_);
    next_ += bytes(count);
    return result;
  }
  std::byte* rest() const { return next_; }

  static std::size_t bytes(std::int64_t floats) {
    return base::to_cache_lines(static_cast<std::size_t>(floats) * sizeof(float));
  }

 private:
  std::byte* next_;
};

class Windows {
 public:
  Windows(const graph::WindowAttention& layer, const std::vector<base::Tensor>& constants,
          const base::Shape& in)
      : layer_(layer),
        in_(in),
        width_(in[3] / 3),
        tokens_(layer.window.height * layer.window.width),
        shift_(in[1] > layer.window.height ? layer.shift.height : 0,
               in[2] > layer.window.width ? layer.shift.width : 0),
        softmax_(tokens_) {
    const base::Tensor index = graph::fixed_values(graph::RelativePositionIndex{layer.window});
    const auto* at = reinterpret_cast<const std::int64_t*>(index.bytes().data());
    const std::span<const float> table = constants.at(0).floats();
    for (std::int64_t head = 0; head < layer.heads; ++head) {
      for (std::int64_t i = 0; i < tokens_ * tokens_; ++i) {
        const float bias = table[static_cast<std::size_t>(at[i] * layer.heads + head)];
        biases_.push_back(layer.cosine ? 16 / (1 + std::exp(-bias)) : bias);
      }
    }
    scale_ =
        layer.scale != 0 ? layer.scale : 1 / std::sqrt(static_cast<float>(width_ / layer.heads));
    if (layer.cosine) {
      for (const float logarithm : constants.at(1).floats()) {
        head_scales_.push_back(std::exp(std::min(logarithm, std::log(100.0F))));
      }
      scale_ = 1;
    }
  }

  std::size_t scratch_bytes() const {
    return Scratch::bytes(tokens_ * 3 * width_) + Scratch::bytes(tokens_ * width_) +
           Scratch::bytes(tokens_ * tokens_) + softmax_.scratch_bytes();
  }

  void run(const float* source, float* target, std::byte* memory) const {
    Scratch scratch(memory);
    float* qkv = scratch.floats(tokens_ * 3 * width_);
    float* result = scratch.floats(tokens_ * width_);
    float* weights = scratch.floats(tokens_ * tokens_);
    std::vector<std::int64_t> pixels(static_cast<std::size_t>(tokens_));
    std::vector<int> regions(pixels.size());
    for (std::int64_t n = 0; n < in_[0]; ++n) {
      for (std::int64_t row = 0; row < in_[1] / layer_.window.height; ++row) {
        for (std::int64_t column = 0; column < in_[2] / layer_.window.width; ++column) {
          find_pixels(row, column, pixels, regions);
          for (std::size_t t = 0; t < pixels.size(); ++t) {
            std::copy_n(source + (n * in_[1] * in_[2] + pixels[t]) * 3 * width_, 3 * width_,
                        qkv + static_cast<std::int64_t>(t) * 3 * width_);
          }
          if (layer_.cosine) normalise(qkv);
          for (std::int64_t head = 0; head < layer_.heads; ++head) {
            prepare(head, regions, weights);
            attend({qkv, tokens_, width_}, head, layer_.heads, scale_, true, softmax_, weights,
                   scratch.rest(), result);
          }
          for (std::size_t t = 0; t < pixels.size(); ++t) {
            std::copy_n(result + static_cast<std::int64_t>(t) * width_, width_,
                        target + (n * in_[1] * in_[2] + pixels[t]) * width_);
          }
        }
      }
    }
  }

 private:
  // Of one window's tokens, and which of them were neighbours before the shift.
  void find_pixels(std::int64_t row, std::int64_t column, std::vector<std::int64_t>& pixels,
                   std::vector<int>& regions) const {
    const graph::Pair window = layer_.window;
    const graph::Pair count(in_[1] / window.height, in_[2] / window.width);
    const auto region = [](std::int64_t at, std::int64_t size, std::int64_t extent,
                           std::int64_t shift) {
      if (shift == 0 || at < size - extent) return 0;
      return at < size - shift ? 1 : 2;
    };
    std::size_t t = 0;
    for (std::int64_t i = 0; i < window.height; ++i) {
      for (std::int64_t j = 0; j < window.width; ++j, ++t) {
        const std::int64_t y = layer_.dilated ? i * count.height + row : row * window.height + i;
        const std::int64_t x =
            layer_.dilated ? j * count.width + column : column * window.width + j;
        regions[t] = 3 * region(y, in_[1], window.height, shift_.height) +
                     region(x, in_[2], window.width, shift_.width);
        pixels[t] = (y + shift_.height) % in_[1] * in_[2] + (x + shift_.width) % in_[2];
      }
    }
  }

  // What is added to the products of queries and keys.
  void prepare(std::int64_t head, const std::vector<int>& regions, float* weights) const {
    std::copy_n(biases_.data() + head * tokens_ * tokens_, tokens_ * tokens_, weights);
    if (shift_ == graph::Pair(0)) return;
    for (std::size_t a = 0; a < regions.size(); ++a) {
      for (std::size_t b = 0; b < regions.size(); ++b, ++weights) {
        if (regions[a] != regions[b]) *weights += kMasked;
      }
    }
  }

  // Queries and keys of length one; queries times the head's scale.
  void normalise(float* qkv) const {
    const std::int64_t size = width_ / layer_.heads;
    for (std::int64_t t = 0; t < tokens_; ++t) {
      for (std::int64_t part = 0; part < 2 * layer_.heads; ++part) {
        float* vector = qkv + t * 3 * width_ + part * size;
        float squares = 0;
        for (std::int64_t i = 0; i < size; ++i) squares += vector[i] * vector[i];
        float factor = 1 / std::max(std::sqrt(squares), 1e-12F);
        if (part < layer_.heads) factor *= head_scales_[static_cast<std::size_t>(part)];
        for (std::int64_t i = 0; i < size; ++i) vector[i] *= factor;
      }
    }
  }

  graph::WindowAttention layer_;
  base::Shape in_;
  std::int64_t width_;
  std::int64_t tokens_;
  graph::Pair shift_;
  Softmax softmax_;
  std::vector<float> biases_;  // heads × tokens × tokens
  std::vector<float> head_scales_;
  float scale_ = 1;
};

}  // namespace

Kernel attention(const graph::Attention& layer, const base::Shape& in) {
  const std::int64_t tokens = in[1];
  const std::int64_t width = in[2] / 3;
  const float scale = 1 / std::sqrt(static_cast<float>(width / layer.heads));
  const Softmax softmax(tokens);
  return {[=](std::span<const float* const> sources, float* target, std::byte* memory) {
            Scratch scratch(memory);
            float* weights = scratch.floats(tokens * tokens);
            for (std::int64_t n = 0; n < in[0]; ++n) {
              const Tokens own{sources[0] + n * tokens * 3 * width, tokens, width};
              for (std::int64_t head = 0; head < layer.heads; ++head) {
                attend(own, head, layer.heads, scale, false, softmax, weights, scratch.rest(),
                       target + n * tokens * width);
              }
            }
          },
          Scratch::bytes(tokens * tokens) + softmax.scratch_bytes()};
}

Kernel window_attention(const graph::WindowAttention& layer,
                        const std::vector<base::Tensor>& constants, const base::Shape& in) {
  const auto windows = std::make_shared<const Windows>(layer, constants, in);
  return {[windows](std::span<const float* const> sources, float* target, std::byte* scratch) {
            windows->run(sources[0], target, scratch);
          },
          windows->scratch_bytes()};
}

}  // namespace engraft::onednn
