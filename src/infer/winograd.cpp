#include "infer/winograd.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <numbers>
#include <utility>

namespace engraft {
namespace {

using onednn::Activation;

constexpr std::int64_t kOut = 4;  // a tile's results, in each direction
constexpr std::int64_t kIn = 6;   // the inputs that they need
constexpr std::int64_t kMatrices = kIn * kIn;

// Filters and tiles are seen as polynomials, which are multiplied by their values at 0, ±a, ±b and
// infinity. 1 / √2 and √2 round about four times less than the usual 1 and 2.
constexpr float kA = std::numbers::sqrt2_v<float> / 2;
constexpr float kB = std::numbers::sqrt2_v<float>;
constexpr float kA2 = 0.5F;
constexpr float kB2 = 2;

// All transforms work on vectors of `block` channels. Vectors travel by reference, and every
// function is inlined into one that was compiled for the processor's instructions.
#define ENGRAFT_INLINE [[gnu::always_inline]] inline

template <int kBlock>
struct VectorOf;
template <>
struct VectorOf<8> {
  using Type = float __attribute__((vector_size(32), aligned(4), may_alias));
};
template <>
struct VectorOf<16> {
  using Type = float __attribute__((vector_size(64), aligned(4), may_alias));
};
template <int kBlock>
using Vector = typename VectorOf<kBlock>::Type;

// Six inputs to six values, each `step` apart.
template <typename V>
ENGRAFT_INLINE void transform_input(const V* in, std::int64_t in_step, V* out,
                                    std::int64_t out_step) {
  const V x1 = in[in_step];
  const V x2 = in[2 * in_step];
  const V x3 = in[3 * in_step];
  const V x4 = in[4 * in_step];
  out[0] = (kA2 * kB2) * in[0] - (kA2 + kB2) * x2 + x4;
  const V even_a = x4 - kB2 * x2;
  const V odd_a = kA * (x3 - kB2 * x1);
  out[out_step] = even_a + odd_a;
  out[2 * out_step] = even_a - odd_a;
  const V even_b = x4 - kA2 * x2;
  const V odd_b = kB * (x3 - kA2 * x1);
  out[3 * out_step] = even_b + odd_b;
  out[4 * out_step] = even_b - odd_b;
  out[5 * out_step] = (kA2 * kB2) * x1 - (kA2 + kB2) * x3 + in[5 * in_step];
}

// Six products to four results.
template <typename V>
ENGRAFT_INLINE void transform_output(const V* in, std::int64_t in_step, V* out,
                                     std::int64_t out_step) {
  const V sum_a = in[in_step] + in[2 * in_step];
  const V difference_a = in[in_step] - in[2 * in_step];
  const V sum_b = in[3 * in_step] + in[4 * in_step];
  const V difference_b = in[3 * in_step] - in[4 * in_step];
  out[0] = in[0] + sum_a + sum_b;
  out[out_step] = kA * difference_a + kB * difference_b;
  out[2 * out_step] = kA2 * sum_a + kB2 * sum_b;
  out[3 * out_step] = (kA2 * kA) * difference_a + (kB2 * kB) * difference_b + in[5 * in_step];
}

// What all tiles share. Strides count vectors of a block.
struct Job {
  Pair in;   // height and width of the source
  Pair out;  // and of the destination
  Pair padding;
  Pair tiles;                  // of one picture
  std::int64_t in_blocks = 0;  // of channels
  std::int64_t out_blocks = 0;
  std::int64_t at_once = 0;  // tiles
  bool sum = false;
  float low = 0;  // results are held between these
  float high = 0;
};

struct Place {
  std::int64_t picture = 0;
  std::int64_t y = 0;  // of the tile's first result
  std::int64_t x = 0;
};

Place place_of(const Job& job, std::int64_t tile) {
  const std::int64_t a_picture = job.tiles.height * job.tiles.width;
  const std::int64_t within = tile % a_picture;
  return {tile / a_picture, within / job.tiles.width * kOut, within % job.tiles.width * kOut};
}

// Tiles [first, last) of the source to 36 × blocks × at_once values.
template <int kBlock>
ENGRAFT_INLINE void scatter(const Job& job, std::int64_t first, std::int64_t last,
                            const float* source, float* target) {
  using V = Vector<kBlock>;
  const auto* const all = reinterpret_cast<const V*>(source);
  auto* const values = reinterpret_cast<V*>(target);
  const std::int64_t plane = job.in.height * job.in.width;
  const std::int64_t matrix = job.in_blocks * job.at_once;
  for (std::int64_t block = 0; block < job.in_blocks; ++block) {
    for (std::int64_t tile = first; tile < last; ++tile) {
      const Place place = place_of(job, tile);
      const std::int64_t top = place.y - job.padding.height;
      const std::int64_t left = place.x - job.padding.width;
      const bool inside =
          top >= 0 && left >= 0 && top + kIn <= job.in.height && left + kIn <= job.in.width;
      const V* from = all + (place.picture * job.in_blocks + block) * plane;
      V cut[kMatrices];  // zeros beyond the edges
      std::int64_t step = job.in.width;
      if (inside) {
        from += top * job.in.width + left;
      } else {
        for (std::int64_t v = 0; v < kIn; ++v) {
          for (std::int64_t u = 0; u < kIn; ++u) {
            const bool there =
                top + v >= 0 && top + v < job.in.height && left + u >= 0 && left + u < job.in.width;
            V& one = cut[v * kIn + u];
            if (there) {
              one = from[(top + v) * job.in.width + left + u];
            } else {
              one = V{};
            }
          }
        }
        from = cut;
        step = kIn;
      }
      V half[kMatrices];
      for (std::int64_t u = 0; u < kIn; ++u) {
        transform_input(from + u, step, half + u, kIn);
      }
      V* to = values + block * job.at_once + (tile - first);
      for (std::int64_t v = 0; v < kIn; ++v) {
        transform_input(half + v * kIn, 1, to + v * kIn * matrix, matrix);
      }
    }
  }
}

// 36 × blocks × at_once products to tiles [first, last) of the destination.
template <int kBlock>
ENGRAFT_INLINE void gather(const Job& job, std::int64_t first, std::int64_t last,
                           const float* products, const float* bias, float* destination) {
  using V = Vector<kBlock>;
  const auto* const values = reinterpret_cast<const V*>(products);
  const auto* const biases = reinterpret_cast<const V*>(bias);
  auto* const all = reinterpret_cast<V*>(destination);
  const std::int64_t plane = job.out.height * job.out.width;
  const std::int64_t matrix = job.out_blocks * job.at_once;
  const V low = V{} + job.low;
  const V high = V{} + job.high;
  for (std::int64_t block = 0; block < job.out_blocks; ++block) {
    for (std::int64_t tile = first; tile < last; ++tile) {
      const Place place = place_of(job, tile);
      const std::int64_t rows = std::min(kOut, job.out.height - place.y);
      const std::int64_t columns = std::min(kOut, job.out.width - place.x);
      const V* from = values + block * job.at_once + (tile - first);
      V half[kOut * kIn];
      for (std::int64_t u = 0; u < kIn; ++u) {
        transform_output(from + u * matrix, kIn * matrix, half + u, kIn);
      }
      V* to = all + (place.picture * job.out_blocks + block) * plane + place.y * job.out.width +
              place.x;
      const V shift = biases[block];
      for (std::int64_t v = 0; v < rows; ++v, to += job.out.width) {
        V row[kOut];
        transform_output(half + v * kIn, 1, row, 1);
        for (std::int64_t u = 0; u < columns; ++u) {
          V result = row[u] + shift;
          if (job.sum) result += to[u];
          result = result < low ? low : result;
          to[u] = result > high ? high : result;
        }
      }
    }
  }
}

using Scatter = void (*)(const Job&, std::int64_t, std::int64_t, const float*, float*);
using Gather = void (*)(const Job&, std::int64_t, std::int64_t, const float*, const float*, float*);

struct Transforms {
  Scatter scatter;
  Gather gather;
};

#define ENGRAFT_TRANSFORMS(name, block, ...)                                                \
  __VA_ARGS__ void scatter_##name(const Job& job, std::int64_t first, std::int64_t last,    \
                                  const float* source, float* target) {                     \
    scatter<block>(job, first, last, source, target);                                       \
  }                                                                                         \
  __VA_ARGS__ void gather_##name(const Job& job, std::int64_t first, std::int64_t last,     \
                                 const float* products, const float* bias, float* target) { \
    gather<block>(job, first, last, products, bias, target);                                \
  }

ENGRAFT_TRANSFORMS(blocks_of_8, 8)
ENGRAFT_TRANSFORMS(blocks_of_16, 16)
#ifdef __x86_64__
ENGRAFT_TRANSFORMS(avx2, 8, [[gnu::target("avx2,fma")]])
ENGRAFT_TRANSFORMS(avx512, 16, [[gnu::target("avx512f,fma")]])
#endif

Transforms transforms_for(std::int64_t block) {
#ifdef __x86_64__
  if (block == 8 && __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0) {
    return {scatter_avx2, gather_avx2};
  }
  if (block == 16 && __builtin_cpu_supports("avx512f") != 0) {
    return {scatter_avx512, gather_avx512};
  }
#endif
  if (block == 8) return {scatter_blocks_of_8, gather_blocks_of_8};
  return {scatter_blocks_of_16, gather_blocks_of_16};
}

std::int64_t rounded_up_quotient(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

Pair output_size(const Conv2d& conv, const Shape& source) {
  return {source[2] + 2 * conv.padding.height - 2, source[3] + 2 * conv.padding.width - 2};
}

Pair tiles_of(Pair out) {
  return {rounded_up_quotient(out.height, kOut), rounded_up_quotient(out.width, kOut)};
}

// As many tiles as keep their values and products within the nearer caches, but enough to make
// good use of each weight that is read; all rounds alike.
std::int64_t tiles_at_once(const Conv2d& conv, std::int64_t tiles) {
  constexpr std::int64_t kBytes = 8 << 20;
  constexpr std::int64_t kLeast = 256;
  const std::int64_t a_tile =
      kMatrices * (conv.in_channels + conv.out_channels) * static_cast<std::int64_t>(sizeof(float));
  const std::int64_t most = std::max(kLeast, kBytes / a_tile);
  return rounded_up_quotient(tiles, rounded_up_quotient(tiles, most));
}

std::int64_t bytes(std::int64_t floats) {
  constexpr std::int64_t kAlignment = 64;
  return rounded_up_quotient(floats * static_cast<std::int64_t>(sizeof(float)), kAlignment) *
         kAlignment;
}

}  // namespace

bool Winograd::fits(const Conv2d& conv, std::int64_t block, Activation activation) {
  return (block == 8 || block == 16) && conv.kernel == Pair(3) && conv.stride == Pair(1) &&
         conv.dilation == Pair(1) && conv.groups == 1 && conv.in_channels % block == 0 &&
         conv.out_channels % block == 0 &&
         (activation == Activation::kNone || activation == Activation::kRelu ||
          activation == Activation::kRelu6);
}

Winograd::Winograd(const Conv2d& conv, const Shape& source, std::int64_t block,
                   onednn::Fusion fusion)
    : conv_(conv), source_(source), block_(block), fusion_(fusion) {
  assert(fits(conv, block, fusion.activation));
  const Pair tiles = tiles_of(output_size(conv, source));
  tiles_at_once_ = tiles_at_once(conv, source[0] * tiles.height * tiles.width);
  products_ = onednn::matrix_products(kMatrices, kMatrices * conv.in_channels,
                                      kMatrices * conv.out_channels, tiles_at_once_, block);
}

Kernel Winograd::kernel(dnnl::memory weights, const Tensor& bias) const {
  Job job;
  job.in = {source_[2], source_[3]};
  job.out = output_size(conv_, source_);
  job.padding = conv_.padding;
  job.tiles = tiles_of(job.out);
  job.in_blocks = conv_.in_channels / block_;
  job.out_blocks = conv_.out_channels / block_;
  job.at_once = tiles_at_once_;
  job.sum = fusion_.sum;
  const bool bounded = fusion_.activation != Activation::kNone;
  job.low = bounded ? 0.0F : -std::numeric_limits<float>::infinity();
  job.high =
      fusion_.activation == Activation::kRelu6 ? 6.0F : std::numeric_limits<float>::infinity();
  const std::int64_t count = source_[0] * job.tiles.height * job.tiles.width;
  const std::int64_t value_bytes = bytes(kMatrices * conv_.in_channels * tiles_at_once_);
  const std::int64_t product_bytes = bytes(kMatrices * conv_.out_channels * tiles_at_once_);
  const Transforms transforms = transforms_for(block_);
  const auto run = [=, products = products_](std::span<const float* const> sources,
                                             float* destination, std::byte* scratch) {
    auto* const values = reinterpret_cast<float*>(scratch);
    auto* const results = reinterpret_cast<float*>(scratch + value_bytes);
    onednn::Arguments arguments{
        {DNNL_ARG_SRC, dnnl::memory(products.sources[0], onednn::engine(), values)},
        {DNNL_ARG_WEIGHTS, weights},
        {DNNL_ARG_DST, dnnl::memory(products.destination, onednn::engine(), results)}};
    onednn::add_scratchpad(arguments, products, scratch + value_bytes + product_bytes);
    dnnl::stream stream(onednn::engine());
    for (std::int64_t first = 0; first < count; first += job.at_once) {
      const std::int64_t last = std::min(count, first + job.at_once);
      transforms.scatter(job, first, last, sources[0], values);
      products.primitive.execute(stream, arguments);
      stream.wait();
      transforms.gather(job, first, last, results, bias.floats().data(), destination);
    }
  };
  return {run, static_cast<std::size_t>(value_bytes + product_bytes) + products_.scratchpad_bytes};
}

Tensor winograd_weights(const Tensor& filters, const std::vector<float>& scale) {
  // A filter's values at each point, divided by what the inputs' transform leaves too much.
  const std::array<double, kIn> points{0, kA, -kA, kB, -kB, 0};
  std::array<std::array<double, 3>, kIn> rows{};
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    double others = 1;
    for (std::size_t k = 0; k + 1 < points.size(); ++k) {
      if (k != i) others *= points[i] - points[k];
    }
    rows[i] = {1 / others, points[i] / others, points[i] * points[i] / others};
  }
  rows[kIn - 1] = {0, 0, 1};  // infinity
  const Shape& shape = filters.shape();
  const std::int64_t pairs = shape[0] * shape[1];
  Tensor result(DType::kFloat32, {kMatrices, shape[0], shape[1], 1, 1});
  const float* filter = filters.floats().data();
  float* const target = result.mutable_floats().data();
  for (std::int64_t pair = 0; pair < pairs; ++pair, filter += 9) {
    const auto channel = static_cast<std::size_t>(pair / shape[1]);
    const double factor = scale.empty() ? 1 : scale[channel];
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::array<double, 3> half{};
      for (std::size_t u = 0; u < 3; ++u) {
        half[u] = rows[i][0] * filter[u] + rows[i][1] * filter[3 + u] + rows[i][2] * filter[6 + u];
      }
      for (std::size_t j = 0; j < rows.size(); ++j) {
        const double value = rows[j][0] * half[0] + rows[j][1] * half[1] + rows[j][2] * half[2];
        target[static_cast<std::int64_t>(i * rows.size() + j) * pairs + pair] =
            static_cast<float>(factor * value);
      }
    }
  }
  return result;
}

}  // namespace engraft
