// For tests only: what every layer computes, written down as its definition says, in double
// precision and without any cleverness. The executor is compared with this.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/tensor.h"
#include "graph/graph.h"

namespace engraft::infer::reference {

struct Values {
  base::Shape shape;
  std::vector<double> numbers;

  explicit Values(base::Shape of)
      : shape(std::move(of)), numbers(static_cast<std::size_t>(base::element_count(shape))) {}

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
void for_each(const base::Shape& shape, const Body& body) {
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
  Parameters(const base::StateDict& state, const graph::Node& node)
      : state_(state), prefix_(node.module.empty() ? "" : node.module + ".") {}

  double operator()(const std::string& name, std::int64_t i) const {
    return state_.at(prefix_ + name).floats()[static_cast<std::size_t>(i)];
  }

 private:
  const base::StateDict& state_;
  std::string prefix_;
};

inline void convolve(const graph::Conv2d& conv, const Parameters& parameter, const Values& in,
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

inline void multiply(const graph::Linear& linear, const Parameters& parameter, const Values& in,
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

inline void normalize(const graph::BatchNorm2d& norm, const Parameters& parameter, const Values& in,
                      Values& out) {
  for_each(out.shape, [&](auto n, auto c, auto y, auto x) {
    const double deviation = std::sqrt(parameter("running_var", c) + norm.eps);
    const double centred = in.at(n, c, y, x) - parameter("running_mean", c);
    out.at(n, c, y, x) = centred / deviation * parameter("weight", c) + parameter("bias", c);
  });
}

// Rows lie `step` apart from number to number: 1 where channels come last.
inline void normalize(const graph::LayerNorm& norm, const Parameters& parameter, const Values& in,
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

inline void permute(const graph::Permute& permute, const Values& in, Values& out) {
  for_each(out.shape, [&](auto a, auto b, auto c, auto d) {
    const std::array<std::int64_t, 4> to{a, b, c, d};
    std::array<std::int64_t, 4> from{};
    for (std::size_t i = 0; i < 4; ++i) from[static_cast<std::size_t>(permute.order[i])] = to[i];
    out.at(a, b, c, d) = in.at(from[0], from[1], from[2], from[3]);
  });
}

// For the grid that the positions were made for.
inline void embed(const Values& patches, const Values& token, const Values& positions,
                  Values& out) {
  const std::int64_t area = patches.shape[2] * patches.shape[3];
  const std::int64_t channels = patches.shape[1];
  for (std::int64_t n = 0; n < patches.shape[0]; ++n) {
    for (std::int64_t t = 0; t <= area; ++t) {
      for (std::int64_t c = 0; c < channels; ++c) {
        const double value =
            t == 0 ? token.numbers[static_cast<std::size_t>(c)]
                   : patches.numbers[static_cast<std::size_t>((n * channels + c) * area + t - 1)];
        out.numbers[static_cast<std::size_t>((n * (area + 1) + t) * channels + c)] =
            value + positions.numbers[static_cast<std::size_t>(t * channels + c)];
      }
    }
  }
}

// softmax(products)-weighted means of values, for one query. product(key) and value(key, i).
template <typename Product, typename ValueOf>
std::vector<double> attend(std::int64_t keys, std::int64_t width, const Product& product,
                           const ValueOf& value) {
  std::vector<double> weights;
  for (std::int64_t key = 0; key < keys; ++key) weights.push_back(product(key));
  const double largest = *std::max_element(weights.begin(), weights.end());
  double sum = 0;
  for (double& weight : weights) sum += weight = std::exp(weight - largest);
  std::vector<double> result(static_cast<std::size_t>(width));
  for (std::int64_t key = 0; key < keys; ++key) {
    for (std::int64_t i = 0; i < width; ++i) {
      result[static_cast<std::size_t>(i)] +=
          weights[static_cast<std::size_t>(key)] / sum * value(key, i);
    }
  }
  return result;
}

inline void attention(const graph::Attention& layer, const Values& in, Values& out) {
  const std::int64_t tokens = out.shape[1];
  const std::int64_t channels = out.shape[2];
  const std::int64_t width = channels / layer.heads;
  for (std::int64_t n = 0; n < out.shape[0]; ++n) {
    for (std::int64_t head = 0; head < layer.heads; ++head) {
      // part 0: queries, 1: keys, 2: values
      const auto at = [&](std::int64_t part, std::int64_t t, std::int64_t i) {
        return in.numbers[static_cast<std::size_t>(((n * tokens + t) * 3 + part) * channels +
                                                   head * width + i)];
      };
      for (std::int64_t query = 0; query < tokens; ++query) {
        const auto result = attend(
            tokens, width,
            [&](std::int64_t key) {
              double sum = 0;
              for (std::int64_t i = 0; i < width; ++i) sum += at(0, query, i) * at(1, key, i);
              return sum / std::sqrt(static_cast<double>(width));
            },
            [&](std::int64_t key, std::int64_t i) { return at(2, key, i); });
        for (std::int64_t i = 0; i < width; ++i) {
          out.numbers[static_cast<std::size_t>((n * tokens + query) * channels + head * width +
                                               i)] = result[static_cast<std::size_t>(i)];
        }
      }
    }
  }
}

// By pairs of pixels: two attend to each other when, after the shift, they are in one window and
// were neighbours before it.
inline void attention(const graph::WindowAttention& layer, const std::vector<const Values*>& inputs,
                      Values& out) {
  const Values& in = *inputs[0];
  const std::int64_t height = out.shape[1];
  const std::int64_t width = out.shape[2];
  const std::int64_t channels = out.shape[3] / layer.heads;
  const graph::Pair window = layer.window;
  const graph::Pair shift(height > window.height ? layer.shift.height : 0,
                          width > window.width ? layer.shift.width : 0);
  struct Place {
    std::int64_t window, offset;
    bool wrapped;
  };
  const auto place = [&](std::int64_t at, std::int64_t size, std::int64_t extent,
                         std::int64_t moved) {
    const std::int64_t count = size / extent;
    const std::int64_t after = (at - moved + size) % size;
    return Place{layer.dilated ? after % count : after / extent,
                 layer.dilated ? after / count : after % extent, at < moved};
  };
  for_each({out.shape[0], height, width, layer.heads}, [&](auto n, auto y, auto x, auto head) {
    const auto at = [&](std::int64_t part, std::int64_t v, std::int64_t u, std::int64_t i) {
      return in.numbers[static_cast<std::size_t>(
          ((((n * height + v) * width + u) * 3 + part) * layer.heads + head) * channels + i)];
    };
    const Place row = place(y, height, window.height, shift.height);
    const Place column = place(x, width, window.width, shift.width);
    const auto product = [&](std::int64_t key) {
      const std::int64_t v = key / width;
      const std::int64_t u = key % width;
      const Place other_row = place(v, height, window.height, shift.height);
      const Place other_column = place(u, width, window.width, shift.width);
      if (row.window != other_row.window || column.window != other_column.window) {
        return -std::numeric_limits<double>::infinity();
      }
      double sum = 0, queries = 0, keys = 0;
      for (std::int64_t i = 0; i < channels; ++i) {
        sum += at(0, y, x, i) * at(1, v, u, i);
        queries += at(0, y, x, i) * at(0, y, x, i);
        keys += at(1, v, u, i) * at(1, v, u, i);
      }
      const std::int64_t offset =
          (row.offset - other_row.offset + window.height - 1) * (2 * window.width - 1) +
          column.offset - other_column.offset + window.width - 1;
      const double bias = inputs[1]->numbers[static_cast<std::size_t>(offset * layer.heads + head)];
      const bool masked =
          row.wrapped != other_row.wrapped || column.wrapped != other_column.wrapped;
      const double added = masked ? -100 : 0;
      if (layer.cosine) {
        const double scale = inputs[2]->numbers[static_cast<std::size_t>(head)];
        return sum / std::sqrt(queries * keys) * std::min(std::exp(scale), 100.0) +
               16 / (1 + std::exp(-bias)) + added;
      }
      const double scale =
          layer.scale != 0 ? layer.scale : 1 / std::sqrt(static_cast<double>(channels));
      return sum * scale + bias + added;
    };
    const auto result = attend(
        height * width, channels, product,
        [&](std::int64_t key, std::int64_t i) { return at(2, key / width, key % width, i); });
    for (std::int64_t i = 0; i < channels; ++i) {
      out.at(n, y, x, head * channels + i) = result[static_cast<std::size_t>(i)];
    }
  });
}

inline void merge_patches(const Values& in, Values& out) {
  for_each(out.shape, [&](auto n, auto y, auto x, auto c) {
    const std::int64_t part = c / in.shape[3];
    const std::int64_t v = 2 * y + part % 2;
    const std::int64_t u = 2 * x + part / 2;
    const bool inside = v < in.shape[1] && u < in.shape[2];
    out.at(n, y, x, c) = inside ? in.at(n, v, u, c % in.shape[3]) : 0;
  });
}

// The second value is of the same shape, or has one number a channel.
inline void multiply(const Values& in, const Values& factor, Values& out) {
  for (std::size_t i = 0; i < out.numbers.size(); ++i) {
    std::size_t k = i;
    if (factor.shape.size() == 1) {
      k = i % factor.numbers.size();
    } else if (factor.shape != in.shape) {
      k = i / static_cast<std::size_t>(in.shape[2] * in.shape[3]) % factor.numbers.size();
    }
    out.numbers[i] = in.numbers[i] * factor.numbers[k];
  }
}

inline void average(const graph::AvgPool2d& pool, const Values& in, Values& out) {
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

// Of activations; other layers leave a number as it is.
inline double activate(const graph::Layer& layer, double x) {
  if (std::holds_alternative<graph::ReLU>(layer)) return std::max(x, 0.0);
  if (std::holds_alternative<graph::ReLU6>(layer)) return std::clamp(x, 0.0, 6.0);
  if (std::holds_alternative<graph::Hardswish>(layer)) return x * std::clamp(x / 6 + 0.5, 0.0, 1.0);
  if (std::holds_alternative<graph::Hardsigmoid>(layer)) return std::clamp(x / 6 + 0.5, 0.0, 1.0);
  if (std::holds_alternative<graph::SiLU>(layer)) return x / (1 + std::exp(-x));
  if (std::holds_alternative<graph::Sigmoid>(layer)) return 1 / (1 + std::exp(-x));
  if (std::holds_alternative<graph::Tanh>(layer)) return std::tanh(x);
  if (std::holds_alternative<graph::GELU>(layer)) return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
  return x;
}

inline void pool(const graph::MaxPool2d& pool, const Values& in, Values& out) {
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
inline std::vector<Values> evaluate(const graph::Graph& graph, const base::StateDict& state,
                                    const base::Tensor& pictures) {
  const graph::Pair size(pictures.shape()[2], pictures.shape()[3]);
  const std::vector<base::Shape> shapes = graph::infer_shapes(graph, pictures.shape()[0], size);
  std::vector<Values> values;
  for (std::size_t id = 0; id < graph.nodes.size(); ++id) {
    const graph::Node& node = graph.nodes[id];
    const Parameters parameter(state, node);
    std::vector<const Values*> inputs;
    for (const graph::NodeId input : node.inputs) inputs.push_back(&values[input]);
    Values out(shapes[id]);
    if (std::holds_alternative<graph::Input>(node.layer)) {
      out.numbers.assign(pictures.floats().begin(), pictures.floats().end());
    } else if (const auto* conv = std::get_if<graph::Conv2d>(&node.layer)) {
      convolve(*conv, parameter, *inputs[0], out);
    } else if (const auto* linear = std::get_if<graph::Linear>(&node.layer)) {
      multiply(*linear, parameter, *inputs[0], out);
    } else if (const auto* norm = std::get_if<graph::BatchNorm2d>(&node.layer)) {
      normalize(*norm, parameter, *inputs[0], out);
    } else if (const auto* max_pool = std::get_if<graph::MaxPool2d>(&node.layer)) {
      pool(*max_pool, *inputs[0], out);
    } else if (std::holds_alternative<graph::AdaptiveAvgPool2d>(node.layer)) {
      average(*inputs[0], out);
    } else if (const auto* average_pool = std::get_if<graph::AvgPool2d>(&node.layer)) {
      average(*average_pool, *inputs[0], out);
    } else if (const auto* layer_norm = std::get_if<graph::LayerNorm>(&node.layer)) {
      normalize(*layer_norm, parameter, *inputs[0], out);
    } else if (const auto* order = std::get_if<graph::Permute>(&node.layer)) {
      permute(*order, *inputs[0], out);
    } else if (const auto* own = std::get_if<graph::Parameter>(&node.layer)) {
      for (std::size_t i = 0; i < out.numbers.size(); ++i) {
        out.numbers[i] = parameter(own->name, static_cast<std::int64_t>(i));
      }
    } else if (std::holds_alternative<graph::EmbedPatches>(node.layer)) {
      embed(*inputs[0], *inputs[1], *inputs[2], out);
    } else if (const auto* all = std::get_if<graph::Attention>(&node.layer)) {
      attention(*all, *inputs[0], out);
    } else if (const auto* windows = std::get_if<graph::WindowAttention>(&node.layer)) {
      attention(*windows, inputs, out);
    } else if (std::holds_alternative<graph::PatchMerging>(node.layer)) {
      merge_patches(*inputs[0], out);
    } else if (std::holds_alternative<graph::Multiply>(node.layer)) {
      multiply(*inputs[0], *inputs[1], out);
    } else if (const auto* token = std::get_if<graph::SelectToken>(&node.layer)) {
      const base::Shape& shape = inputs[0]->shape;
      for (std::int64_t n = 0; n < shape[0]; ++n) {
        std::copy_n(inputs[0]->numbers.begin() + (n * shape[1] + token->index) * shape[2], shape[2],
                    out.numbers.begin() + n * shape[2]);
      }
    } else if (const auto* slice = std::get_if<graph::Slice>(&node.layer)) {
      for_each(out.shape, [&](auto n, auto c, auto y, auto x) {
        out.at(n, c, y, x) = inputs[0]->at(n, slice->begin + c, y, x);
      });
    } else if (const auto* shuffle = std::get_if<graph::ChannelShuffle>(&node.layer)) {
      const std::int64_t extent = out.shape[1] / shuffle->groups;
      for_each(out.shape, [&](auto n, auto c, auto y, auto x) {
        out.at(n, c % extent * shuffle->groups + c / extent, y, x) = inputs[0]->at(n, c, y, x);
      });
    } else if (std::holds_alternative<graph::Concat>(node.layer)) {
      concatenate(inputs, out);
    } else {
      // What remains is element by element: activations, sums, and what leaves numbers as they are.
      for (std::size_t i = 0; i < out.numbers.size(); ++i) {
        double sum = 0;
        for (const Values* in : inputs) sum += in->numbers[i];
        out.numbers[i] = activate(node.layer, sum);
      }
    }
    values.push_back(std::move(out));
  }
  return values;
}

}  // namespace engraft::infer::reference
