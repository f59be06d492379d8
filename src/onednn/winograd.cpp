#include "onednn/winograd.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <utility>

#include "base/large_buffer.h"
#include "onednn/winograd_tiles.h"

namespace engraft::onednn {
namespace {

std::int64_t rounded_up_quotient(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

graph::Pair tiles_of(graph::Pair out) {
  return {rounded_up_quotient(out.height, kTileOut), rounded_up_quotient(out.width, kTileOut)};
}

std::int64_t size_of(Type type) { return type == Type::bf16 ? 2 : 4; }

// As many tiles as keep their values and products within the nearer caches, but enough to make
// good use of each weight that is read; all rounds alike.
std::int64_t tiles_at_once(const graph::Conv2d& conv, std::int64_t tiles, Type type) {
  constexpr std::int64_t kBytes = 1 << 20;
  constexpr std::int64_t kLeast = 128;
  const std::int64_t a_tile =
      kTileMatrices * (conv.in_channels * size_of(type) + conv.out_channels * 4);
  const std::int64_t most = std::max(kLeast, kBytes / a_tile);
  return rounded_up_quotient(tiles, rounded_up_quotient(tiles, most));
}

// Of channels in vectors of `block` at `places`.
VectorStrides strides(std::int64_t channels, std::int64_t places, std::int64_t block,
                      bool channels_last) {
  if (channels_last) return {places * channels, block, channels};
  return {places * channels, places * block, block};
}

// So many numbers or a few more: an odd number of cache lines, so that the same places of all
// matrices, which are written and read together, do not compete for the same few lines of a cache.
std::int64_t apart(std::int64_t numbers, Type type) {
  constexpr std::int64_t kLine = 64;
  const std::int64_t lines = rounded_up_quotient(numbers * size_of(type), kLine) | 1;
  return lines * kLine / size_of(type);
}

// Vectors of how many channels such a layout is worked on in; 0: it is none that can be.
std::int64_t vector_of(const Desc& layout) {
  const std::int64_t block = channel_block(layout);
  return block == 0 && is_channels_last(layout) ? 16 : block;
}

}  // namespace

bool Winograd::fits(const graph::Conv2d& conv, const Desc& source, const Desc& destination,
                    Activation activation) {
  const std::int64_t block = vector_of(source);
  // Its products are 1 × 1 convolutions; where those are widened, nothing is gained.
  return !widens_filters() && block != 0 && vector_of(destination) == block &&
         is_channels_last(source) == is_channels_last(destination) &&
         conv.kernel == graph::Pair(3) && conv.stride == graph::Pair(1) &&
         conv.dilation == graph::Pair(1) && conv.groups == 1 && conv.in_channels % block == 0 &&
         conv.out_channels % block == 0 &&
         (activation == Activation::kNone || activation == Activation::kRelu ||
          activation == Activation::kRelu6);
}

Winograd::Winograd(const graph::Conv2d& conv, const Desc& source, const Desc& destination,
                   Fusion fusion)
    : conv_(conv), source_(source), destination_(destination), fusion_(fusion) {
  assert(fits(conv, source, destination, fusion.activation));
  const base::Shape shape = shape_of(destination);
  const graph::Pair tiles = tiles_of({shape[2], shape[3]});
  tiles_at_once_ = tiles_at_once(conv, shape[0] * tiles.height * tiles.width, type_of(source));
  const auto row_of_tiles = [&](std::int64_t channels, Type type) {
    const base::Shape row{1, channels, 1, tiles_at_once_};
    return is_channels_last(source) ? channels_last(row, type)
                                    : blocked(row, vector_of(source), type);
  };
  product_ = matrix_product(row_of_tiles(conv.in_channels, type_of(source)),
                            row_of_tiles(conv.out_channels, Type::f32));
}

Kernel Winograd::kernel(const std::vector<dnnl::memory>& weights, const base::Tensor& bias) const {
  assert(std::ssize(weights) == kTileMatrices);
  const base::Shape in = shape_of(source_);
  const base::Shape out = shape_of(destination_);
  const std::int64_t block = vector_of(source_);
  TileJob job;
  job.in = {in[2], in[3]};
  job.out = {out[2], out[3]};
  job.padding = conv_.padding;
  job.tiles = tiles_of(job.out);
  job.in_blocks = conv_.in_channels / block;
  job.out_blocks = conv_.out_channels / block;
  job.channels_last = is_channels_last(source_);
  job.source = strides(conv_.in_channels, in[2] * in[3], block, job.channels_last);
  job.destination = strides(conv_.out_channels, out[2] * out[3], block, job.channels_last);
  job.values = strides(conv_.in_channels, tiles_at_once_, block, job.channels_last);
  job.values.outer = apart(job.values.outer, type_of(source_));
  job.products = strides(conv_.out_channels, tiles_at_once_, block, job.channels_last);
  job.products.outer = apart(job.products.outer, Type::f32);
  job.sum = fusion_.sum;
  const bool bounded = fusion_.activation != Activation::kNone;
  job.low = bounded ? 0.0F : -std::numeric_limits<float>::infinity();
  job.high =
      fusion_.activation == Activation::kRelu6 ? 6.0F : std::numeric_limits<float>::infinity();
  const std::int64_t count = in[0] * job.tiles.height * job.tiles.width;
  const std::int64_t a_matrix = job.values.outer * size_of(type_of(source_));
  const std::size_t value_bytes =
      base::to_cache_lines(static_cast<std::size_t>(kTileMatrices * a_matrix));
  const std::size_t product_bytes = base::to_cache_lines(
      static_cast<std::size_t>(kTileMatrices * job.products.outer * size_of(Type::f32)));
  const TileTransforms transforms = tile_transforms(block, type_of(source_));
  const auto run = [=, at_once = tiles_at_once_, product = product_](
                       std::span<const float* const> sources, float* destination,
                       std::byte* scratch) {
    std::byte* const values = scratch;
    auto* const products = reinterpret_cast<float*>(scratch + value_bytes);
    Arguments arguments{{DNNL_ARG_SRC, dnnl::memory(product.sources[0], engine(), nullptr)},
                        {DNNL_ARG_WEIGHTS, weights[0]},
                        {DNNL_ARG_DST, dnnl::memory(product.destination, engine(), nullptr)}};
    add_own(arguments, product, scratch + value_bytes + product_bytes);
    dnnl::stream stream(engine());
    for (std::int64_t first = 0; first < count; first += at_once) {
      const std::int64_t last = std::min(count, first + at_once);
      transforms.scatter(job, first, last, sources[0], values);
      for (std::int64_t matrix = 0; matrix < kTileMatrices; ++matrix) {
        arguments.at(DNNL_ARG_SRC).set_data_handle(values + matrix * a_matrix);
        arguments.at(DNNL_ARG_WEIGHTS) = weights[static_cast<std::size_t>(matrix)];
        arguments.at(DNNL_ARG_DST).set_data_handle(products + matrix * job.products.outer);
        product.primitive.execute(stream, arguments);
      }
      stream.wait();
      transforms.gather(job, first, last, products, bias.floats().data(), destination);
    }
  };
  return {run, value_bytes + product_bytes + product_.scratchpad_bytes};
}

std::array<base::Tensor, kTileIn> winograd_matrices(const base::Tensor& filters,
                                                    const std::vector<float>& scale,
                                                    std::size_t row) {
  const FilterPoints points = filter_points();
  const std::array<double, 3>& down = points[row];
  const base::Shape& shape = filters.shape();
  const std::int64_t pairs = shape[0] * shape[1];
  std::array<base::Tensor, kTileIn> result;
  std::array<float*, kTileIn> targets{};
  for (std::size_t m = 0; m < result.size(); ++m) {
    result[m] = base::Tensor(base::DType::kFloat32, {shape[0], shape[1], 1, 1});
    targets[m] = result[m].mutable_floats().data();
  }
  const float* filter = filters.floats().data();
  for (std::int64_t pair = 0; pair < pairs; ++pair, filter += 9) {
    const double factor = scale.empty() ? 1 : scale[static_cast<std::size_t>(pair / shape[1])];
    std::array<double, 3> half{};
    for (std::size_t u = 0; u < 3; ++u) {
      half[u] = down[0] * filter[u] + down[1] * filter[3 + u] + down[2] * filter[6 + u];
    }
    for (std::size_t m = 0; m < targets.size(); ++m) {
      const std::array<double, 3>& across = points[m];
      const double value = across[0] * half[0] + across[1] * half[1] + across[2] * half[2];
      targets[m][pair] = static_cast<float>(factor * value);
    }
  }
  return result;
}

}  // namespace engraft::onednn
