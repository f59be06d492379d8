#include "onednn/winograd_tiles.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <numbers>

namespace engraft::onednn {
namespace {

// Filters and tiles are seen as polynomials, which are multiplied by their values at 0, ±a, ±b and
// infinity. 1 / √2 and √2 round about four times less than the usual 1 and 2.
constexpr float kA = std::numbers::sqrt2_v<float> / 2;
constexpr float kB = std::numbers::sqrt2_v<float>;
constexpr float kA2 = 0.5F;
constexpr float kB2 = 2;

// How many bytes on the next vectors are asked for: a tile's are spread over 36 matrices, more
// streams than a processor foresees by itself.
constexpr std::int64_t kReadsAhead = 192;
constexpr std::int64_t kWritesAhead = 128;

// All transforms work on vectors of `kBlock` channels. Vectors travel by reference, and every
// function is inlined into one that was compiled for the processor's instructions.
#define ENGRAFT_INLINE [[gnu::always_inline]] inline

template <int kBlock>
struct Vectors;
template <>
struct Vectors<8> {
  using Floats = float __attribute__((vector_size(32), aligned(4), may_alias));
};
template <>
struct Vectors<16> {
  using Floats = float __attribute__((vector_size(64), aligned(4), may_alias));
  using Words = std::uint32_t __attribute__((vector_size(64), aligned(4), may_alias));
  using Halves = std::uint16_t __attribute__((vector_size(32), aligned(2), may_alias));
};

// Numbers as they lie in memory.
struct Float32 {
  using Number = float;

  template <int kBlock>
  ENGRAFT_INLINE static void load(const Number* from, typename Vectors<kBlock>::Floats& to) {
    to = *reinterpret_cast<const typename Vectors<kBlock>::Floats*>(from);
  }
  template <int kBlock>
  ENGRAFT_INLINE static void store(const typename Vectors<kBlock>::Floats& from, Number* to) {
    *reinterpret_cast<typename Vectors<kBlock>::Floats*>(to) = from;
  }
};

// The upper half of a float32, rounded to the nearest, to even ones where two are as near.
struct BFloat16 {
  using Number = std::uint16_t;

  template <int kBlock>
  ENGRAFT_INLINE static void load(const Number* from, typename Vectors<kBlock>::Floats& to) {
    using V = Vectors<kBlock>;
    const auto* const halves = reinterpret_cast<const typename V::Halves*>(from);
    to = (typename V::Floats)(__builtin_convertvector(*halves, typename V::Words) << 16);
  }
  template <int kBlock>
  ENGRAFT_INLINE static void store(const typename Vectors<kBlock>::Floats& from, Number* to) {
    using V = Vectors<kBlock>;
    const auto bits = (typename V::Words)from;
    const typename V::Words rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
    *reinterpret_cast<typename V::Halves*>(to) =
        __builtin_convertvector(rounded, typename V::Halves);
  }
};

#ifdef __x86_64__
// As processors with bfloat16 do it themselves.
struct BFloat16InHardware : BFloat16 {
  template <int kBlock>
  ENGRAFT_INLINE static void store(const typename Vectors<kBlock>::Floats& from, Number* to) {
    // The builtin for it cannot be used in a template that other processors share.
    asm("vcvtneps2bf16 %1, %0"
        : "=v"(*reinterpret_cast<typename Vectors<kBlock>::Halves*>(to))
        : "v"(from));
  }
};
#endif

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

struct Place {
  std::int64_t picture = 0;
  std::int64_t y = 0;  // of the tile's first result
  std::int64_t x = 0;
};

Place place_of(const TileJob& job, std::int64_t tile) {
  const std::int64_t a_picture = job.tiles.height * job.tiles.width;
  const std::int64_t within = tile % a_picture;
  return {tile / a_picture, within / job.tiles.width * kTileOut,
          within % job.tiles.width * kTileOut};
}

// Goes through all vectors of tiles [first, last) in the order in which they lie.
struct Walk {
  std::int64_t block = 0;
  std::int64_t tile = 0;  // counted from the first
  Place place;

  Walk(const TileJob& job, std::int64_t blocks, std::int64_t first, std::int64_t last)
      : place(place_of(job, first)),
        job_(job),
        blocks_(blocks),
        tiles_(last - first),
        first_(place) {}

  bool has_more() const { return job_.channels_last ? tile < tiles_ : block < blocks_; }

  void next() {
    if (job_.channels_last) {
      if (++block < blocks_) return;
      block = 0;
      ++tile;
      next_place();
      return;
    }
    next_place();
    if (++tile < tiles_) return;
    tile = 0;
    ++block;
    place = first_;
  }

 private:
  void next_place() {
    place.x += kTileOut;
    if (place.x < job_.out.width) return;
    place.x = 0;
    place.y += kTileOut;
    if (place.y < job_.out.height) return;
    place.y = 0;
    ++place.picture;
  }

  const TileJob& job_;
  std::int64_t blocks_;
  std::int64_t tiles_;
  Place first_;
};

template <int kBlock, typename Type>
ENGRAFT_INLINE void scatter(const TileJob& job, std::int64_t first, std::int64_t last,
                            const void* source, void* values) {
  using V = typename Vectors<kBlock>::Floats;
  const auto* const all = static_cast<const typename Type::Number*>(source);
  auto* const result = static_cast<typename Type::Number*>(values);
  for (Walk walk(job, job.in_blocks, first, last); walk.has_more(); walk.next()) {
    const std::int64_t top = walk.place.y - job.padding.height;
    const std::int64_t left = walk.place.x - job.padding.width;
    const bool inside =
        top >= 0 && left >= 0 && top + kTileIn <= job.in.height && left + kTileIn <= job.in.width;
    // Where the tile begins, which may lie outside the picture.
    const std::int64_t begin = walk.place.picture * job.source.outer +
                               walk.block * job.source.block +
                               (top * job.in.width + left) * job.source.place;
    const std::int64_t row_step = job.in.width * job.source.place;
    V half[kTileMatrices];
    for (std::int64_t u = 0; u < kTileIn; ++u) {
      V column[kTileIn] = {};  // zeros beyond the edges
      const std::int64_t x = left + u;
      const bool there = x >= 0 && x < job.in.width;
      for (std::int64_t v = 0; v < kTileIn; ++v) {
        const std::int64_t y = top + v;
        if (inside || (there && y >= 0 && y < job.in.height)) {
          Type::template load<kBlock>(all + (begin + v * row_step + u * job.source.place),
                                      column[v]);
        }
      }
      transform_input(column, 1, half + u, kTileIn);
    }
    auto* to = result + walk.block * job.values.block + walk.tile * job.values.place;
    for (std::int64_t v = 0; v < kTileIn; ++v) {
      V row[kTileIn];
      transform_input(half + v * kTileIn, 1, row, 1);
      for (std::int64_t u = 0; u < kTileIn; ++u, to += job.values.outer) {
        Type::template store<kBlock>(row[u], to);
        __builtin_prefetch(to + kWritesAhead / sizeof(*to), 1);
      }
    }
  }
}

template <int kBlock, typename Type>
ENGRAFT_INLINE void gather(const TileJob& job, std::int64_t first, std::int64_t last,
                           const float* products, const float* bias, void* destination) {
  using V = typename Vectors<kBlock>::Floats;
  auto* const all = static_cast<typename Type::Number*>(destination);
  const V low = V{} + job.low;
  const V high = V{} + job.high;
  for (Walk walk(job, job.out_blocks, first, last); walk.has_more(); walk.next()) {
    const Place place = walk.place;
    const std::int64_t rows = std::min(kTileOut, job.out.height - place.y);
    const std::int64_t columns = std::min(kTileOut, job.out.width - place.x);
    const float* from = products + walk.block * job.products.block + walk.tile * job.products.place;
    V half[kTileOut * kTileIn];
    for (std::int64_t u = 0; u < kTileIn; ++u) {
      V column[kTileIn];
      for (std::int64_t v = 0; v < kTileIn; ++v) {
        const float* const product = from + (v * kTileIn + u) * job.products.outer;
        Float32::load<kBlock>(product, column[v]);
        __builtin_prefetch(product + kReadsAhead / sizeof(*product));
      }
      transform_output(column, 1, half + u, kTileIn);
    }
    auto* to = all + place.picture * job.destination.outer + walk.block * job.destination.block +
               (place.y * job.out.width + place.x) * job.destination.place;
    V shift;
    Float32::load<kBlock>(bias + walk.block * kBlock, shift);
    for (std::int64_t v = 0; v < rows; ++v, to += job.out.width * job.destination.place) {
      V row[kTileOut];
      transform_output(half + v * kTileIn, 1, row, 1);
      for (std::int64_t u = 0; u < columns; ++u) {
        auto* const number = to + u * job.destination.place;
        V result = row[u] + shift;
        if (job.sum) {
          V before;
          Type::template load<kBlock>(number, before);
          result += before;
        }
        result = result < low ? low : result;
        result = result > high ? high : result;
        Type::template store<kBlock>(result, number);
      }
    }
  }
}

#define ENGRAFT_TRANSFORMS(name, block, Type, ...)                                              \
  __VA_ARGS__ void scatter_##name(const TileJob& job, std::int64_t first, std::int64_t last,    \
                                  const void* source, void* values) {                           \
    scatter<block, Type>(job, first, last, source, values);                                     \
  }                                                                                             \
  __VA_ARGS__ void gather_##name(const TileJob& job, std::int64_t first, std::int64_t last,     \
                                 const float* products, const float* bias, void* destination) { \
    gather<block, Type>(job, first, last, products, bias, destination);                         \
  }                                                                                             \
  constexpr TileTransforms k_##name{scatter_##name, gather_##name};

ENGRAFT_TRANSFORMS(floats_8, 8, Float32)
ENGRAFT_TRANSFORMS(floats_16, 16, Float32)
ENGRAFT_TRANSFORMS(halves_16, 16, BFloat16)
#ifdef __x86_64__
ENGRAFT_TRANSFORMS(floats_avx2, 8, Float32, [[gnu::target("avx2,fma")]])
ENGRAFT_TRANSFORMS(floats_avx512, 16, Float32, [[gnu::target("avx512f,fma")]])
ENGRAFT_TRANSFORMS(halves_avx512, 16, BFloat16, [[gnu::target("avx512f,fma")]])
ENGRAFT_TRANSFORMS(halves_avx512_bf16, 16, BFloat16InHardware,
                   [[gnu::target("avx512f,avx512vl,avx512bf16,fma")]])
#endif

}  // namespace

TileTransforms tile_transforms(std::int64_t block, Type type) {
  const bool floats = type == Type::f32;
  assert(block == 16 || (block == 8 && floats));
#ifdef __x86_64__
  if (block == 8 && __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0) {
    return k_floats_avx2;
  }
  if (block == 16 && __builtin_cpu_supports("avx512f") != 0) {
    if (floats) return k_floats_avx512;
    return __builtin_cpu_supports("avx512bf16") != 0 ? k_halves_avx512_bf16 : k_halves_avx512;
  }
#endif
  if (block == 8) return k_floats_8;
  return floats ? k_floats_16 : k_halves_16;
}

FilterPoints filter_points() {
  const std::array<double, kTileIn> points{0, kA, -kA, kB, -kB, 0};
  FilterPoints rows{};
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    double others = 1;
    for (std::size_t k = 0; k + 1 < points.size(); ++k) {
      if (k != i) others *= points[i] - points[k];
    }
    rows[i] = {1 / others, points[i] / others, points[i] * points[i] / others};
  }
  rows[kTileIn - 1] = {0, 0, 1};  // infinity
  return rows;
}

}  // namespace engraft::onednn
