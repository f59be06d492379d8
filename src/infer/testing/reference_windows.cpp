#include <algorithm>
#include <cmath>
#include <limits>

#include "infer/testing/reference_layers.h"

namespace engraft::infer::reference {

void convolve(const graph::Conv2d& conv, const Parameters& parameter, const Values& in,
              Values& out) {
  const std::int64_t depth = conv.in_channels / conv.groups;
  const std::int64_t width = conv.out_channels / conv.groups;
  for_each(out.shape, [&](auto n, auto c, auto y, auto x) {
    double sum = conv.bias ? parameter("bias", c) : 0;
    for (std::int64_t d = 0; d < depth; ++d) {
      for (std::int64_t v = 0; v < conv.kernel.height; ++v) {
        for (std::int64_t u = 0; u < conv.kernel.width; ++u) {
          const std::int64_t row =
              y * conv.stride.height - conv.padding.height + v * conv.dilation.height;
          const std::int64_t column =
              x * conv.stride.width - conv.padding.width + u * conv.dilation.width;
          if (!in.contains(row, column)) continue;
          sum += in.at(n, c / width * depth + d, row, column) *
                 parameter("weight",
                           ((c * depth + d) * conv.kernel.height + v) * conv.kernel.width + u);
        }
      }
    }
    out.at(n, c, y, x) = sum;
  });
}

void pool(const graph::MaxPool2d& pool, const Values& in, Values& out) {
  for_each(out.shape, [&](auto n, auto c, auto y, auto x) {
    double largest = -std::numeric_limits<double>::infinity();
    for (std::int64_t v = 0; v < pool.kernel.height; ++v) {
      for (std::int64_t u = 0; u < pool.kernel.width; ++u) {
        const std::int64_t row = y * pool.stride.height - pool.padding.height + v;
        const std::int64_t column = x * pool.stride.width - pool.padding.width + u;
        if (in.contains(row, column)) largest = std::max(largest, in.at(n, c, row, column));
      }
    }
    out.at(n, c, y, x) = largest;
  });
}

void average(const graph::AvgPool2d& pool, const Values& in, Values& out) {
  for_each(out.shape, [&](auto n, auto c, auto y, auto x) {
    double sum = 0;
    for (std::int64_t v = 0; v < pool.kernel.height; ++v) {
      for (std::int64_t u = 0; u < pool.kernel.width; ++u) {
        const std::int64_t row = y * pool.stride.height - pool.padding.height + v;
        const std::int64_t column = x * pool.stride.width - pool.padding.width + u;
        if (in.contains(row, column)) sum += in.at(n, c, row, column);
      }
    }
    out.at(n, c, y, x) = sum / static_cast<double>(pool.kernel.height * pool.kernel.width);
  });
}

// Window i of `out` over `in` elements begins at floor(i · in / out), ends before ceil((i+1) · in /
// out).
void average(const Values& in, Values& out) {
  const auto begin = [](auto i, auto size, auto count) { return i * size / count; };
  const auto end = [](auto i, auto size, auto count) {
    return ((i + 1) * size + count - 1) / count;
  };
  for_each(out.shape, [&](auto n, auto c, auto y, auto x) {
    double sum = 0;
    std::int64_t count = 0;
    for (auto v = begin(y, in.shape[2], out.shape[2]); v < end(y, in.shape[2], out.shape[2]); ++v) {
      for (auto u = begin(x, in.shape[3], out.shape[3]); u < end(x, in.shape[3], out.shape[3]);
           ++u) {
        sum += in.at(n, c, v, u);
        ++count;
      }
    }
    out.at(n, c, y, x) = sum / static_cast<double>(count);
  });
}

void multiply(const graph::Linear& linear, const Parameters& parameter, const Values& in,
              Values& out) {
  const std::string prefix = linear.role == graph::Linear::Role::kInProjection ? "in_proj_" : "";
  const bool unbiased_keys = linear.role == graph::Linear::Role::kUnbiasedKeys;
  for (std::int64_t n = 0; n < base::element_count(out.shape) / linear.out_features; ++n) {
    for (std::int64_t o = 0; o < linear.out_features; ++o) {
      const bool key = 3 * o / linear.out_features == 1;
      double sum = linear.bias && !(unbiased_keys && key) ? parameter(prefix + "bias", o) : 0;
      for (std::int64_t i = 0; i < linear.in_features; ++i) {
        sum += in.numbers[static_cast<std::size_t>(n * linear.in_features + i)] *
               parameter(prefix + "weight", o * linear.in_features + i);
      }
      out.numbers[static_cast<std::size_t>(n * linear.out_features + o)] = sum;
    }
  }
}

void normalize(const graph::BatchNorm2d& norm, const Parameters& parameter, const Values& in,
               Values& out) {
  for_each(out.shape, [&](auto n, auto c, auto y, auto x) {
    const double deviation = std::sqrt(parameter("running_var", c) + norm.eps);
    const double centred = in.at(n, c, y, x) - parameter("running_mean", c);
    out.at(n, c, y, x) = centred / deviation * parameter("weight", c) + parameter("bias", c);
  });
}

// Rows lie `step` apart from number to number: 1 where channels come last.
void normalize(const graph::LayerNorm& norm, const Parameters& parameter, const Values& in,
               Values& out) {
  const std::int64_t step = norm.channels_first ? in.shape[2] * in.shape[3] : 1;
  for (std::int64_t row = 0; row < base::element_count(in.shape) / norm.features; ++row) {
    const std::int64_t begin = row / step * step * norm.features + row % step;
    const auto at = [&](std::int64_t i) { return static_cast<std::size_t>(begin + i * step); };
    double mean = 0;
    double squares = 0;
    for (std::int64_t i = 0; i < norm.features; ++i) mean += in.numbers[at(i)];
    mean /= static_cast<double>(norm.features);
    for (std::int64_t i = 0; i < norm.features; ++i) {
      squares += (in.numbers[at(i)] - mean) * (in.numbers[at(i)] - mean);
    }
    const double deviation = std::sqrt(squares / static_cast<double>(norm.features) + norm.eps);
    for (std::int64_t i = 0; i < norm.features; ++i) {
      out.numbers[at(i)] =
          (in.numbers[at(i)] - mean) / deviation * parameter("weight", i) + parameter("bias", i);
    }
  }
}

}  // namespace engraft::infer::reference
