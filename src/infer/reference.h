// For tests only: what every layer computes, written down as its definition says, in double
// precision and without any cleverness. The executor is compared with this.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "graph/graph.h"
#include "weights/state_dict.h"

namespace engraft::reference {

struct Values {
  Shape shape;
  std::vector<double> numbers;

  explicit Values(Shape of)
      : shape(std::move(of)), numbers(static_cast<std::size_t>(element_count(shape))) {}

  double& at(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
    return numbers[static_cast<std::size_t>(((n * shape[1] + c) * shape[2] + y) * shape[3] + x)];
  }
  double at(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) const {
    return const_cast<Values&>(*this).at(n, c, y, x);
  }
  bool contains(std::int64_t y, std::int64_t x) const {
    return y >= 0 && y < shape[2] && x >= 0 && x < shape[3];
  }
};

// Calls body(n, c, y, x) for each element of a shape N × C × H × W.
template <typename Body>
void for_each(const Shape& shape, const Body& body) {
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    for (std::int64_t c = 0; c < shape[1]; ++c) {
      for (std::int64_t y = 0; y < shape[2]; ++y) {
        for (std::int64_t x = 0; x < shape[3]; ++x) body(n, c, y, x);
      }
    }
  }
}

// A layer's parameters by their last names.
class Parameters {
 public:
  Parameters(const StateDict& state, const Node& node)
      : state_(state), prefix_(node.module + ".") {}

  double operator()(const char* name, std::int64_t i) const {
    return state_.at(prefix_ + name).floats()[static_cast<std::size_t>(i)];
  }

 private:
  const StateDict& state_;
  std::string prefix_;
};

inline void convolve(const Conv2d& conv, const Parameters& parameter, const Values& in,
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

inline void multiply(const Linear& linear, const Parameters& parameter, const Values& in,
                     Values& out) {
  for (std::int64_t n = 0; n < out.shape[0]; ++n) {
    for (std::int64_t o = 0; o < linear.out_features; ++o) {
      double sum = linear.bias ? parameter("bias", o) : 0;
      for (std::int64_t i = 0; i < linear.in_features; ++i) {
        sum += in.numbers[static_cast<std::size_t>(n * linear.in_features + i)] *
               parameter("weight", o * linear.in_features + i);
      }
      out.numbers[static_cast<std::size_t>(n * linear.out_features + o)] = sum;
    }
  }
}

inline void normalize(const BatchNorm2d& norm, const Parameters& parameter, const Values& in,
                      Values& out) {
  for_each(out.shape, [&](auto n, auto c, auto y, auto x) {
    const double deviation = std::sqrt(parameter("running_var", c) + norm.eps);
    const double centred = in.at(n, c, y, x) - parameter("running_mean", c);
    out.at(n, c, y, x) = centred / deviation * parameter("weight", c) + parameter("bias", c);
  });
}

inline void pool(const MaxPool2d& pool, const Values& in, Values& out) {
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

// Window i of `out` over `in` elements begins at floor(i · in / out), ends before ceil((i+1) · in /
// out).
inline void average(const Values& in, Values& out) {
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

inline void concatenate(const std::vector<const Values*>& inputs, Values& out) {
  std::int64_t first = 0;
  for (const Values* in : inputs) {
    for_each(in->shape, [&](auto n, auto c, auto y, auto x) {
      out.at(n, first + c, y, x) = in->at(n, c, y, x);
    });
    first += in->shape[1];
  }
}

// Every node's value for these pictures (N × C × H × W).
inline std::vector<Values> evaluate(const Graph& graph, const StateDict& state,
                                    const Tensor& pictures) {
  const Pair size(pictures.shape()[2], pictures.shape()[3]);
  const std::vector<Shape> shapes = infer_shapes(graph, pictures.shape()[0], size);
  std::vector<Values> values;
  for (std::size_t id = 0; id < graph.nodes.size(); ++id) {
    const Node& node = graph.nodes[id];
    const Parameters parameter(state, node);
    std::vector<const Values*> inputs;
    for (const NodeId input : node.inputs) inputs.push_back(&values[input]);
    Values out(shapes[id]);
    if (std::holds_alternative<Input>(node.layer)) {
      out.numbers.assign(pictures.floats().begin(), pictures.floats().end());
    } else if (const auto* conv = std::get_if<Conv2d>(&node.layer)) {
      convolve(*conv, parameter, *inputs[0], out);
    } else if (const auto* linear = std::get_if<Linear>(&node.layer)) {
      multiply(*linear, parameter, *inputs[0], out);
    } else if (const auto* norm = std::get_if<BatchNorm2d>(&node.layer)) {
      normalize(*norm, parameter, *inputs[0], out);
    } else if (const auto* max_pool = std::get_if<MaxPool2d>(&node.layer)) {
      pool(*max_pool, *inputs[0], out);
    } else if (std::holds_alternative<AdaptiveAvgPool2d>(node.layer)) {
      average(*inputs[0], out);
    } else if (std::holds_alternative<Concat>(node.layer)) {
      concatenate(inputs, out);
    } else {
      // What remains is element by element: relu, sums, and what leaves numbers as they are.
      for (std::size_t i = 0; i < out.numbers.size(); ++i) {
        double sum = 0;
        for (const Values* in : inputs) sum += in->numbers[i];
        if (std::holds_alternative<ReLU>(node.layer)) sum = std::max(sum, 0.0);
        if (std::holds_alternative<ReLU6>(node.layer)) sum = std::clamp(sum, 0.0, 6.0);
        out.numbers[i] = sum;
      }
    }
    values.push_back(std::move(out));
  }
  return values;
}

}  // namespace engraft::reference
