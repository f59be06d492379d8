#include "onednn/kernels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <variant>

#include "onednn/attention.h"

namespace engraft::onednn {
namespace {

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

// torch.nn.AdaptiveAvgPool2d where windows differ in size.
Kernel average(const base::Shape& in, const base::Shape& out) {
  return {[in, out](std::span<const float* const> sources, float* target, std::byte*) {
    const float* source = sources[0];
    for (std::int64_t plane = 0; plane < in[0] * in[1]; ++plane, source += in[2] * in[3]) {
      for (std::int64_t y = 0; y < out[2]; ++y) {
        const std::int64_t top = y * in[2] / out[2];
        const std::int64_t bottom = ((y + 1) * in[2] + out[2] - 1) / out[2];
        for (std::int64_t x = 0; x < out[3]; ++x) {
          const std::int64_t left = x * in[3] / out[3];
          const std::int64_t right = ((x + 1) * in[3] + out[3] - 1) / out[3];
          float sum = 0;
          for (std::int64_t v = top; v < bottom; ++v) {
            for (std::int64_t u = left; u < right; ++u) sum += source[v * in[3] + u];
          }
          *target++ = sum / static_cast<float>((bottom - top) * (right - left));
        }
      }
    }
  }};
}

// Weights of four neighbours for each of `out` positions over `in` old ones, as
// torch.nn.functional.interpolate(mode="bicubic", align_corners=False): cubic convolution with
// a = -0.75, edges repeated.
struct CubicTaps {
  std::array<std::int64_t, 4> from;
  std::array<float, 4> weights;
};

std::vector<CubicTaps> cubic_taps(std::int64_t in, std::int64_t out, float offset) {
  constexpr float kA = -0.75F;
  const auto near = [](float d) { return ((kA + 2) * d - (kA + 3)) * d * d + 1; };
  const auto far = [](float d) { return ((kA * d - 5 * kA) * d + 8 * kA) * d - 4 * kA; };
  const float step = static_cast<float>(in) / (static_cast<float>(out) + offset);
  std::vector<CubicTaps> taps;
  for (std::int64_t i = 0; i < out; ++i) {
    const float position = (static_cast<float>(i) + 0.5F) * step - 0.5F;
    const auto first = static_cast<std::int64_t>(std::floor(position));
    const float t = position - static_cast<float>(first);
    CubicTaps tap{{}, {far(t + 1), near(t), near(1 - t), far(2 - t)}};
    for (std::int64_t k = 0; k < 4; ++k) {
      tap.from[size(k)] = std::clamp<std::int64_t>(first - 1 + k, 0, in - 1);
    }
    taps.push_back(tap);
  }
  return taps;
}

// Position embeddings 1 × (1 + grid) × C for a grid of other extents; the class token's stays.
base::Tensor resampled(const base::Tensor& positions, graph::Pair from, graph::Pair to,
                       float offset) {
  if (from == to) return positions;
  const std::int64_t channels = positions.shape()[2];
  base::Tensor result(base::DType::kFloat32, {1, 1 + to.height * to.width, channels});
  const float* source = positions.floats().data();
  float* target = result.mutable_floats().data();
  std::copy_n(source, channels, target);
  const std::vector<CubicTaps> rows = cubic_taps(from.height, to.height, offset);
  const std::vector<CubicTaps> columns = cubic_taps(from.width, to.width, offset);
  for (const CubicTaps& row : rows) {
    for (const CubicTaps& column : columns) {
      target += channels;
      for (std::size_t v = 0; v < 4; ++v) {
        for (std::size_t u = 0; u < 4; ++u) {
          const float weight = row.weights[v] * column.weights[u];
          const float* one = source + (1 + row.from[v] * from.width + column.from[u]) * channels;
          for (std::int64_t c = 0; c < channels; ++c) target[c] += weight * one[c];
        }
      }
    }
  }
  return result;
}

Kernel embed_patches(const graph::EmbedPatches& layer, const base::Tensor& class_token,
                     const base::Tensor& positions, const base::Shape& in) {
  const base::Tensor embedding = resampled(positions, layer.grid, {in[2], in[3]}, layer.offset);
  return {[=](std::span<const float* const> sources, float* target, std::byte*) {
    const std::int64_t channels = in[1];
    const std::int64_t area = in[2] * in[3];
    const float* token = class_token.floats().data();
    for (std::int64_t n = 0; n < in[0]; ++n) {
      const float* position = embedding.floats().data();
      for (std::int64_t c = 0; c < channels; ++c) *target++ = token[c] + *position++;
      const float* patches = sources[0] + n * channels * area;
      for (std::int64_t i = 0; i < area; ++i) {
        for (std::int64_t c = 0; c < channels; ++c) *target++ = patches[c * area + i] + *position++;
      }
    }
  }};
}

Kernel select_token(std::int64_t index, const base::Shape& in) {
  return {[=](std::span<const float* const> sources, float* target, std::byte*) {
    for (std::int64_t n = 0; n < in[0]; ++n) {
      std::copy_n(sources[0] + (n * in[1] + index) * in[2], in[2], target + n * in[2]);
    }
  }};
}

Kernel merge_patches(const base::Shape& in, const base::Shape& out) {
  return {[=](std::span<const float* const> sources, float* target, std::byte*) {
    const std::int64_t channels = in[3];
    for (std::int64_t n = 0; n < out[0]; ++n) {
      for (std::int64_t y = 0; y < out[1]; ++y) {
        for (std::int64_t x = 0; x < out[2]; ++x) {
          for (std::int64_t k = 0; k < 4; ++k, target += channels) {
            const std::int64_t v = 2 * y + k % 2;
            const std::int64_t u = 2 * x + k / 2;
            if (v < in[1] && u < in[2]) {
              std::copy_n(sources[0] + ((n * in[1] + v) * in[2] + u) * channels, channels, target);
            } else {
              std::fill_n(target, channels, 0.0F);
            }
          }
        }
      }
    }
  }};
}

// By a parameter of C (for the last dimension) or C × 1 × 1.
Kernel scale(const base::Tensor& factors, const base::Shape& shape) {
  std::int64_t run = 1;  // numbers beside each other that share a factor
  if (factors.shape().size() == 3) run = shape[2] * shape[3];
  return {[=, count = base::element_count(shape)](std::span<const float* const> sources,
                                                  float* target, std::byte*) {
    const std::span<const float> factor = factors.floats();
    const float* source = sources[0];
    for (const float* const end = source + count; source != end;) {
      if (run == 1) {
        for (const float one : factor) *target++ = *source++ * one;
        continue;
      }
      for (const float one : factor) {
        for (std::int64_t i = 0; i < run; ++i) *target++ = *source++ * one;
      }
    }
  }};
}

}  // namespace

bool has_kernel(const graph::Layer& layer) {
  return std::holds_alternative<graph::EmbedPatches>(layer) ||
         std::holds_alternative<graph::SelectToken>(layer) ||
         std::holds_alternative<graph::Attention>(layer) ||
         std::holds_alternative<graph::WindowAttention>(layer) ||
         std::holds_alternative<graph::PatchMerging>(layer);
}

Kernel make_kernel(const graph::Layer& layer, const std::vector<base::Tensor>& constants,
                   const std::vector<base::Shape>& sources, const base::Shape& destination) {
  const base::Shape& in = sources.at(0);
  if (const auto* embed = std::get_if<graph::EmbedPatches>(&layer)) {
    return embed_patches(*embed, constants.at(0), constants.at(1), in);
  }
  if (const auto* token = std::get_if<graph::SelectToken>(&layer))
    return select_token(token->index, in);
  if (const auto* all = std::get_if<graph::Attention>(&layer)) return attention(*all, in);
  if (const auto* windows = std::get_if<graph::WindowAttention>(&layer)) {
    return window_attention(*windows, constants, in);
  }
  if (std::holds_alternative<graph::PatchMerging>(layer)) return merge_patches(in, destination);
  if (std::holds_alternative<graph::Multiply>(layer)) return scale(constants.at(0), in);
  return average(in, destination);
}

}  // namespace engraft::onednn
