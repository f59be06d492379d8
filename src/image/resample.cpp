#include "image/resample.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define ENGRAFT_HAS_AVX2_VARIANT 1
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <span>

namespace engraft::image {
namespace {

constexpr int kWeightBits = 32 - 8 - 2;  // so that a sum of weighted bytes fits 32 bits
constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);
constexpr std::size_t kChannels = 3;

double triangle(double distance) {
  distance = std::abs(distance);
  return distance < 1 ? 1 - distance : 0;
}

double cubic(double distance) {
  constexpr double a = -0.5;
  const double x = std::abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

// Which input positions make an output position, and their weights.
struct Window {
  int first;
  int count;
  std::size_t weights;  // where its weights begin: `count`, and where that is odd a zero
};

// Two neighbours' weights, as pairs_of() gives them.
constexpr int kLowBits = 11;
struct WeightPair {
  std::int32_t low;   // the lowest kLowBits
  std::int32_t high;  // what is above them
};

struct Windows {
  std::vector<Window> windows;
  std::vector<std::int32_t> weights;
  std::vector<WeightPair> pairs;  // the same weights, where columns are resampled

  std::span<const std::int32_t> weights_of(const Window& window) const {
    return std::span(weights).subspan(window.weights, static_cast<std::size_t>(window.count));
  }
};

// `extent` of `in_size` positions, from `begin` on, as `out_size`: those of [from, to) of them.
Windows windows_for(int in_size, double begin, double extent, int out_size, int from, int to,
                    const ResampleFilter& filter) {
  const double scale = extent / out_size;
  const double stretch = std::max(scale, 1.0);
  const double support = filter.support * stretch;
  Windows result;
  result.windows.reserve(static_cast<std::size_t>(to - from));
  std::vector<double> raw;
  for (int out = from; out < to; ++out) {
    const double center = begin + (out + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int end = std::min(static_cast<int>(center + support + 0.5), in_size);
    raw.clear();
    double sum = 0;
    for (int i = first; i < end; ++i) {
      raw.push_back(filter.weight((i - center + 0.5) * (1.0 / stretch)));
      sum += raw.back();
    }
    result.windows.push_back({first, end - first, result.weights.size()});
    for (double weight : raw) {
      if (sum != 0) weight /= sum;
      const double fixed = weight * (1 << kWeightBits);
      result.weights.push_back(static_cast<std::int32_t>(weight < 0 ? fixed - 0.5 : fixed + 0.5));
    }
    if (raw.size() % 2 != 0) result.weights.push_back(0);
  }
  return result;
}

// Two neighbours' weights in two parts of 16 bits each, the first one's in the lower halves.
std::vector<WeightPair> pairs_of(const std::vector<std::int32_t>& weights) {
  const auto beside = [](std::int32_t first, std::int32_t second) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(second) << 16U |
                                     (static_cast<std::uint32_t>(first) & 0xffffU));
  };
  constexpr std::int32_t kLow = (1 << kLowBits) - 1;
  std::vector<WeightPair> pairs;
  pairs.reserve(weights.size() / 2);
  for (std::size_t i = 0; i < weights.size(); i += 2) {
    const std::int32_t first = weights[i];
    const std::int32_t second = weights[i + 1];
    pairs.push_back(
        {beside(first & kLow, second & kLow), beside(first >> kLowBits, second >> kLowBits)});
  }
  return pairs;
}

// The two passes are compiled twice, for any processor and for those with AVX2 (every x86 since
// 2015); which one runs is decided at run time.
// Four sums at once: red, green, blue, and a fourth byte that is the next pixel's and not used.
using Sums = std::int32_t __attribute__((vector_size(16)));
using FourBytes = std::uint8_t __attribute__((vector_size(4)));
// What reading eight bytes for two pixels, of which one is none, and writing four needs at a row's
// end.
constexpr std::size_t kSlack = 5;

// Two rows; all of them have kSlack bytes after their last pixel.
using RowPair = std::array<const std::uint8_t*, 2>;
using OutRowPair = std::array<std::uint8_t*, 2>;

void resample_rows_anywhere(const RowPair& in, const OutRowPair& out, const Windows& columns) {
  for (std::size_t row = 0; row < in.size(); ++row) {
    std::uint8_t* to = out[row];
    for (const Window& window : columns.windows) {
      const std::int32_t* weights = columns.weights.data() + window.weights;
      Sums sums{kHalf, kHalf, kHalf, kHalf};
      const std::uint8_t* pixel = in[row] + static_cast<std::size_t>(window.first) * kChannels;
      for (int i = 0; i < window.count; ++i, pixel += kChannels) {
        FourBytes bytes;
        std::memcpy(&bytes, pixel, sizeof bytes);
        sums += __builtin_convertvector(bytes, Sums) * *weights++;
      }
      sums >>= kWeightBits;
      sums = sums < 0 ? Sums{} : sums;
      sums = sums > 255 ? Sums{} + 255 : sums;
      const FourBytes bytes = __builtin_convertvector(sums, FourBytes);
      std::memcpy(to, &bytes, sizeof bytes);
      to += kChannels;
    }
  }
}

// One row of the result from the rows of a window, `stride` bytes apart.
[[gnu::always_inline]] inline void combine_rows(const std::uint8_t* in, std::size_t stride,
                                                std::span<const std::int32_t> weights,
                                                std::uint8_t* out, std::size_t bytes) {
  constexpr std::size_t kBlock = 64;
  for (std::size_t start = 0; start < bytes; start += kBlock) {
    const std::size_t count = std::min(kBlock, bytes - start);
    std::int32_t sums[kBlock];
    for (std::int32_t& sum : sums) sum = kHalf;
    const std::uint8_t* row = in + start;
    for (const std::int32_t weight : weights) {
      if (count == kBlock) {
        for (std::size_t i = 0; i < kBlock; ++i) sums[i] += row[i] * weight;
      } else {
        for (std::size_t i = 0; i < count; ++i) sums[i] += row[i] * weight;
      }
      row += stride;
    }
    for (std::size_t i = 0; i < count; ++i) {
      out[start + i] = static_cast<std::uint8_t>(std::clamp(sums[i] >> kWeightBits, 0, 255));
    }
  }
}

using ResampleRows = void(const RowPair&, const OutRowPair&, const Windows&);
using CombineRows = void(const std::uint8_t*, std::size_t, std::span<const std::int32_t>,
                         std::uint8_t*, std::size_t);

void combine_rows_anywhere(const std::uint8_t* in, std::size_t stride,
                           std::span<const std::int32_t> weights, std::uint8_t* out,
                           std::size_t bytes) {
  combine_rows(in, stride, weights, out, bytes);
}

#ifdef ENGRAFT_HAS_AVX2_VARIANT
// Two pixels of two rows at once, by products of 16 bits, which no compiler finds by itself.
[[gnu::target("avx2")]] void resample_rows_avx2(const RowPair& in, const OutRowPair& out,
                                                const Windows& columns) {
  // Red of both pixels, green, blue, and the byte behind; a row in each half.
  const __m256i beside = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, 3, -1, 6, -1));
  std::size_t place = 0;
  for (const Window& window : columns.windows) {
    const WeightPair* pair = columns.pairs.data() + window.weights / 2;
    __m256i low = _mm256_set1_epi32(kHalf);
    __m256i high = _mm256_setzero_si256();
    std::size_t pixel = static_cast<std::size_t>(window.first) * kChannels;
    for (int i = 0; i < window.count; i += 2, pixel += 2 * kChannels, ++pair) {
      const __m256i both = _mm256_inserti128_si256(
          _mm256_castsi128_si256(_mm_loadu_si64(in[0] + pixel)), _mm_loadu_si64(in[1] + pixel), 1);
      const __m256i bytes = _mm256_shuffle_epi8(both, beside);
      low = _mm256_add_epi32(low, _mm256_madd_epi16(bytes, _mm256_set1_epi32(pair->low)));
      high = _mm256_add_epi32(high, _mm256_madd_epi16(bytes, _mm256_set1_epi32(pair->high)));
    }
    __m256i sums = _mm256_add_epi32(low, _mm256_slli_epi32(high, kLowBits));
    sums = _mm256_srai_epi32(sums, kWeightBits);
    sums = _mm256_packus_epi32(sums, sums);  // clips, as does the next
    sums = _mm256_packus_epi16(sums, sums);
    _mm_storeu_si32(out[0] + place, _mm256_castsi256_si128(sums));
    _mm_storeu_si32(out[1] + place, _mm256_extracti128_si256(sums, 1));
    place += kChannels;
  }
}

[[gnu::target("avx2")]] void combine_rows_avx2(const std::uint8_t* in, std::size_t stride,
                                               std::span<const std::int32_t> weights,
                                               std::uint8_t* out, std::size_t bytes) {
  combine_rows(in, stride, weights, out, bytes);
}
#endif

ResampleRows* best_resample_rows() {
#ifdef ENGRAFT_HAS_AVX2_VARIANT
  if (__builtin_cpu_supports("avx2")) return resample_rows_avx2;
#endif
  return resample_rows_anywhere;
}

CombineRows* best_combine_rows() {
#ifdef ENGRAFT_HAS_AVX2_VARIANT
  if (__builtin_cpu_supports("avx2")) return combine_rows_avx2;
#endif
  return combine_rows_anywhere;
}

}  // namespace

const ResampleFilter kTriangleFilter{1.0, triangle};
const ResampleFilter kCubicFilter{2.0, cubic};

Image resample(const Image& image, const RealBox& part, int height, int width, const Box& wanted,
               const ResampleFilter& filter) {
  // The whole pixels that the box touches.
  const int top = static_cast<int>(part.top);
  const int left = static_cast<int>(part.left);
  const Box box{top, left,
                std::min(static_cast<int>(std::ceil(part.top + part.height)), image.height) - top,
                std::min(static_cast<int>(std::ceil(part.left + part.width)), image.width) - left};
  // A pass that changes nothing has weights of exactly one, so it needs no case of its own.
  Windows columns = windows_for(box.width, part.left - left, part.width, width, wanted.left,
                                wanted.left + wanted.width, filter);
  columns.pairs = pairs_of(columns.weights);
  const Windows rows = windows_for(box.height, part.top - top, part.height, height, wanted.top,
                                   wanted.top + wanted.height, filter);
  const std::size_t in_bytes = static_cast<std::size_t>(box.width) * kChannels;
  const std::size_t out_bytes = static_cast<std::size_t>(wanted.width) * kChannels;
  const int first_row = rows.windows.front().first;
  const int row_count = rows.windows.back().first + rows.windows.back().count - first_row;
  std::array<std::vector<std::uint8_t>, 2> in_rows;
  for (std::vector<std::uint8_t>& row : in_rows) row.resize(in_bytes + kSlack);
  // Each row with its slack, and one row more, for the second of the last two where their number is
  // odd.
  const std::size_t stride = out_bytes + kSlack;
  std::vector<std::uint8_t> narrowed((static_cast<std::size_t>(row_count) + 1) * stride);

  ResampleRows* const two_rows = best_resample_rows();
  for (int y = 0; y < row_count; y += 2) {
    for (int k = 0; k < 2; ++k) {
      const int row = box.top + first_row + std::min(y + k, row_count - 1);
      std::memcpy(in_rows[static_cast<std::size_t>(k)].data(),
                  image.row(row) + std::ptrdiff_t{box.left} * kChannels, in_bytes);
    }
    std::uint8_t* const out = narrowed.data() + static_cast<std::size_t>(y) * stride;
    two_rows({in_rows[0].data(), in_rows[1].data()}, {out, out + stride}, columns);
  }
  CombineRows* const combine = best_combine_rows();
  Image result(wanted.height, wanted.width);
  for (int y = 0; y < wanted.height; ++y) {
    const Window& window = rows.windows[static_cast<std::size_t>(y)];
    combine(narrowed.data() + static_cast<std::size_t>(window.first - first_row) * stride, stride,
            rows.weights_of(window), result.row(y), out_bytes);
  }
  return result;
}

}  // namespace engraft::image
