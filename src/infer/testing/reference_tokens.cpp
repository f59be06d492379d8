#include <algorithm>
#include <cmath>
#include <limits>

#include "infer/testing/reference_layers.h"

namespace engraft::infer::reference {
namespace {

// softmax(products)-weighted means of values, for one query. product(key) and value(key, i).
template <typename Product, typename ValueOf>
std::vector<double> weighted_means(std::int64_t keys, std::int64_t width, const Product& product,
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

}  // namespace

// For the grid that the positions were made for.
void embed(const Values& patches, const Values& token, const Values& positions, Values& out) {
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

void attend(const graph::Attention& layer, const Values& in, Values& out) {
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
        const auto result = weighted_means(
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
void attend(const graph::WindowAttention& layer, const std::vector<const Values*>& inputs,
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
    const auto result = weighted_means(
        height * width, channels, product,
        [&](std::int64_t key, std::int64_t i) { return at(2, key / width, key % width, i); });
    for (std::int64_t i = 0; i < channels; ++i) {
      out.at(n, y, x, head * channels + i) = result[static_cast<std::size_t>(i)];
    }
  });
}

void merge_patches(const Values& in, Values& out) {
  for_each(out.shape, [&](auto n, auto y, auto x, auto c) {
    const std::int64_t part = c / in.shape[3];
    const std::int64_t v = 2 * y + part % 2;
    const std::int64_t u = 2 * x + part / 2;
    const bool inside = v < in.shape[1] && u < in.shape[2];
    out.at(n, y, x, c) = inside ? in.at(n, v, u, c % in.shape[3]) : 0;
  });
}

}  // namespace engraft::infer::reference
