#include "learn/suffix_layer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <utility>
#include <variant>

#include "base/parallel.h"
#include "base/random.h"
#include "learn/product.h"
#include "onednn/gemm.h"

namespace engraft::learn {
namespace {

class SuffixLinear final : public SuffixLayer {
 public:
  SuffixLinear(const graph::Linear& linear, std::vector<SuffixParameter*> parameters)
      : linear_(linear), parameters_(std::move(parameters)) {}

  void forward(const Pass& pass, std::span<const float> x, std::span<float> y) const override {
    linear_forward(size(pass), x.data(), parameters_[0]->data(),
                   linear_.bias ? parameters_[1]->data() : nullptr, y.data(), pass.workers);
  }

  void backward(const Pass& pass, std::span<const float> x, std::span<const float>,
                std::span<const float> dy, std::span<float> dx) const override {
    linear_gradients(size(pass), x.data(), dy.data(), parameters_[0]->gradient_data(),
                     linear_.bias ? parameters_[1]->gradient_data() : nullptr, pass.workers);
    if (dx.empty()) return;
    linear_backward(size(pass), dy.data(), parameters_[0]->data(), dx.data(), pass.workers);
  }

 private:
  LinearSize size(const Pass& pass) const {
    return {pass.count, linear_.in_features, linear_.out_features};
  }

  graph::Linear linear_;
  std::vector<SuffixParameter*> parameters_;
};

// A convolution with a 1 × 1 window is a matrix product for each picture: y (outputs × pixels) =
// weight (outputs × inputs) · x (inputs × pixels).
class SuffixConv1x1 final : public SuffixLayer {
 public:
  SuffixConv1x1(const graph::Conv2d& conv, std::vector<SuffixParameter*> parameters)
      : inputs_(conv.in_channels), outputs_(conv.out_channels), parameters_(std::move(parameters)) {
    has_bias_ = conv.bias;
  }

  void forward(const Pass& pass, std::span<const float> x, std::span<float> y) const override {
    const std::int64_t pixels = pass.in[1] * pass.in[2];
    const float* const bias = has_bias_ ? parameters_[1]->data() : nullptr;
    base::parallel_for(
        static_cast<std::size_t>(pass.count), workers(pass), [&](std::size_t n, int) {
          const auto picture = static_cast<std::int64_t>(n);
          float* const out = y.data() + picture * outputs_ * pixels;
          for (std::int64_t o = 0; o < outputs_; ++o) {
            std::fill_n(out + o * pixels, pixels, bias == nullptr ? 0 : bias[o]);
          }
          onednn::gemm(onednn::Transpose::kNo, onednn::Transpose::kNo, outputs_, pixels, inputs_,
                       parameters_[0]->data(), x.data() + picture * inputs_ * pixels, 1, out);
        });
  }

  void backward(const Pass& pass, std::span<const float> x, std::span<const float>,
                std::span<const float> dy, std::span<float> dx) const override {
    const std::int64_t pixels = pass.in[1] * pass.in[2];
    add_bias_gradient(pass.count, pixels, dy);
    add_weight_gradient(pass, pixels, x, dy);
    if (dx.empty()) return;
    base::parallel_for(
        static_cast<std::size_t>(pass.count), workers(pass), [&](std::size_t n, int) {
          const auto picture = static_cast<std::int64_t>(n);
          onednn::gemm(onednn::Transpose::kYes, onednn::Transpose::kNo, inputs_, pixels, outputs_,
                       parameters_[0]->data(), dy.data() + picture * outputs_ * pixels, 0,
                       dx.data() + picture * inputs_ * pixels);
        });
  }

 private:
  int workers(const Pass& pass) const {
    const std::int64_t work = pass.count * pass.in[1] * pass.in[2] * inputs_ * outputs_;
    return work < kWorthThreads ? 1 : pass.workers;
  }

  void add_bias_gradient(std::int64_t count, std::int64_t pixels, std::span<const float> dy) const {
    float* const gradient = has_bias_ ? parameters_[1]->gradient_data() : nullptr;
    if (gradient == nullptr) return;
    for (std::int64_t row = 0; row < count * outputs_; ++row) {
      float sum = 0;
      const float* const slopes = dy.data() + row * pixels;
      for (std::int64_t i = 0; i < pixels; ++i) sum += slopes[i];
      gradient[row % outputs_] += sum;
    }
  }

  // Over the cores by rows of the weight, so that the pictures are always added in the same order.
  void add_weight_gradient(const Pass& pass, std::int64_t pixels, std::span<const float> x,
                           std::span<const float> dy) const {
    float* const gradient = parameters_[0]->gradient_data();
    if (gradient == nullptr) return;
    constexpr std::int64_t kRowsPerItem = 32;
    const std::int64_t items = (outputs_ + kRowsPerItem - 1) / kRowsPerItem;
    base::parallel_for(static_cast<std::size_t>(items), workers(pass), [&](std::size_t item, int) {
      const std::int64_t first = static_cast<std::int64_t>(item) * kRowsPerItem;
      const std::int64_t rows = std::min(kRowsPerItem, outputs_ - first);
      for (std::int64_t n = 0; n < pass.count; ++n) {
        onednn::gemm(onednn::Transpose::kNo, onednn::Transpose::kYes, rows, inputs_, pixels,
                     dy.data() + (n * outputs_ + first) * pixels, x.data() + n * inputs_ * pixels,
                     1, gradient + first * inputs_);
      }
    });
  }

  std::int64_t inputs_;
  std::int64_t outputs_;
  bool has_bias_ = true;
  std::vector<SuffixParameter*> parameters_;
};

// ReLU and ReLU6. What is not a number stays so, as in PyTorch, so that it is noticed.
class SuffixClamp final : public SuffixLayer {
 public:
  explicit SuffixClamp(float highest) : highest_(highest) {}

  void forward(const Pass&, std::span<const float> x, std::span<float> y) const override {
    const float highest = highest_;
    std::transform(x.begin(), x.end(), y.begin(), [highest](float value) {
      const float positive = value < 0 ? 0 : value;
      return positive > highest ? highest : positive;
    });
  }

  void backward(const Pass&, std::span<const float>, std::span<const float> y,
                std::span<const float> dy, std::span<float> dx) const override {
    if (dx.empty()) return;
    const float highest = highest_;
    std::transform(y.begin(), y.end(), dy.begin(), dx.begin(), [highest](float out, float slope) {
      return out > 0 && out < highest ? slope : 0;
    });
  }

 private:
  float highest_;
};

// Flatten, whose numbers already lie in order.
class SuffixCopy final : public SuffixLayer {
 public:
  void forward(const Pass&, std::span<const float> x, std::span<float> y) const override {
    std::copy(x.begin(), x.end(), y.begin());
  }

  void backward(const Pass&, std::span<const float>, std::span<const float>,
                std::span<const float> dy, std::span<float> dx) const override {
    if (!dx.empty()) std::copy(dy.begin(), dy.end(), dx.begin());
  }
};

// Inverted dropout. The masks are drawn again for the backward pass, which is cheaper than to keep
// them.
class SuffixDropout final : public SuffixLayer {
 public:
  SuffixDropout(const graph::Dropout& dropout, graph::NodeId node)
      : node_(node),
        keep_bits_(static_cast<std::uint32_t>((1 - dropout.probability) * kOne + 0.5F)),
        scale_(dropout.probability < 1 ? 1 / (1 - dropout.probability) : 0) {
    for (std::size_t bits = 0; bits < factors_.size(); ++bits) {
      for (std::size_t i = 0; i < 4; ++i) factors_[bits][i] = (bits >> i & 1U) != 0 ? scale_ : 0;
    }
  }

  void forward(const Pass& pass, std::span<const float> x, std::span<float> y) const override {
    apply(pass, x, y);
  }

  void backward(const Pass& pass, std::span<const float>, std::span<const float>,
                std::span<const float> dy, std::span<float> dx) const override {
    if (!dx.empty()) apply(pass, dy, dx);
  }

 private:
  static constexpr int kDigits = 24;
  static constexpr float kOne = 1U << kDigits;
  static constexpr std::size_t kMask = 32;

  void apply(const Pass& pass, std::span<const float> x, std::span<float> y) const {
    if (pass.mode == graph::Mode::kEval || scale_ == 1) {
      std::copy(x.begin(), x.end(), y.begin());
      return;
    }
    const std::size_t size = x.size() / static_cast<std::size_t>(pass.count);
    const int workers = x.size() < static_cast<std::size_t>(kWorthThreads) ? 1 : pass.workers;
    base::parallel_for(static_cast<std::size_t>(pass.count), workers, [&](std::size_t n, int) {
      base::Random random({pass.key, node_, static_cast<std::uint64_t>(pass.first) + n});
      apply_to_picture(random, x.subspan(n * size, size), y.subspan(n * size, size));
    });
  }

  void apply_to_picture(base::Random& random, std::span<const float> x, std::span<float> y) const {
    std::size_t i = 0;
    for (; i + kMask <= x.size(); i += kMask) {
      std::uint32_t mask = draw(random);
      for (std::size_t j = i; j < i + kMask; j += 4, mask >>= 4U) {
        const float* const factor = factors_[mask & 15U].data();
        const float* const in = x.data() + j;
        float* const out = y.data() + j;
        for (std::size_t lane = 0; lane < 4; ++lane) out[lane] = in[lane] * factor[lane];
      }
    }
    if (i == x.size()) return;
    for (std::uint32_t mask = draw(random); i < x.size(); ++i, mask >>= 1U) {
      y[i] = x[i] * ((mask & 1U) != 0 ? scale_ : 0);
    }
  }

  // 32 decisions at once, each 1 with probability keep_bits_ / 2²⁴: one round of random bits for
  // each binary digit from the lowest 1 on, which for the usual probability of one half is a single
  // one.
  std::uint32_t draw(base::Random& random) const {
    if (keep_bits_ >> kDigits != 0) return ~0U;
    if (keep_bits_ == 0) return 0;
    std::uint32_t mask = 0;
    for (int digit = __builtin_ctz(keep_bits_); digit < kDigits; ++digit) {
      const std::uint32_t bits = random.bits();
      mask = (keep_bits_ >> static_cast<unsigned>(digit) & 1U) != 0 ? mask | bits : mask & bits;
    }
    return mask;
  }

  graph::NodeId node_;
  std::uint32_t keep_bits_;  // the probability of staying, in units of 2⁻²⁴
  float scale_;
  std::array<std::array<float, 4>, 16> factors_{};  // for four decisions at once
};

// AdaptiveAvgPool2d: each output is the mean of a window; windows may overlap.
class SuffixPool final : public SuffixLayer {
 public:
  void forward(const Pass& pass, std::span<const float> x, std::span<float> y) const override {
    for_windows(pass, [&](std::size_t out, const Window& window) {
      float sum = 0;
      window.each([&](std::size_t in) { sum += x[in]; });
      y[out] = sum / static_cast<float>(window.area());
    });
  }

  void backward(const Pass& pass, std::span<const float>, std::span<const float>,
                std::span<const float> dy, std::span<float> dx) const override {
    if (dx.empty()) return;
    std::fill(dx.begin(), dx.end(), 0.0F);
    for_windows(pass, [&](std::size_t out, const Window& window) {
      const float share = dy[out] / static_cast<float>(window.area());
      window.each([&](std::size_t in) { dx[in] += share; });
    });
  }

 private:
  struct Window {
    std::int64_t plane, width;  // where the plane begins, and how wide it is
    std::int64_t top, bottom, left, right;

    std::int64_t area() const { return (bottom - top) * (right - left); }

    template <typename Body>
    void each(const Body& body) const {
      for (std::int64_t row = top; row < bottom; ++row) {
        for (std::int64_t column = left; column < right; ++column) {
          body(static_cast<std::size_t>(plane + row * width + column));
        }
      }
    }
  };

  template <typename Body>
  static void for_windows(const Pass& pass, const Body& body) {
    const std::int64_t height = pass.in[1];
    const std::int64_t width = pass.in[2];
    const std::int64_t rows = pass.out[1];
    const std::int64_t columns = pass.out[2];
    std::size_t out = 0;
    for (std::int64_t plane = 0; plane < pass.count * pass.in[0]; ++plane) {
      for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t column = 0; column < columns; ++column) {
          body(out++, Window{plane * height * width, width, row * height / rows,
                             ((row + 1) * height + rows - 1) / rows, column * width / columns,
                             ((column + 1) * width + columns - 1) / columns});
        }
      }
    }
  }
};

bool is_pointwise(const graph::Conv2d& conv) {
  return conv.kernel == graph::Pair(1) && conv.stride == graph::Pair(1) &&
         conv.padding == graph::Pair(0) && conv.groups == 1;
}

// What makes the layer of a node; null where gradients do not pass.
struct Make {
  graph::NodeId node;
  std::vector<SuffixParameter*> parameters;

  using Made = std::unique_ptr<SuffixLayer>;

  Made operator()(const graph::Linear& linear) const {
    return std::make_unique<SuffixLinear>(linear, parameters);
  }
  Made operator()(const graph::Conv2d& conv) const {
    return is_pointwise(conv) ? std::make_unique<SuffixConv1x1>(conv, parameters) : nullptr;
  }
  Made operator()(const graph::ReLU&) const {
    return std::make_unique<SuffixClamp>(std::numeric_limits<float>::infinity());
  }
  Made operator()(const graph::ReLU6&) const { return std::make_unique<SuffixClamp>(6.0F); }
  Made operator()(const graph::Dropout& dropout) const {
    return std::make_unique<SuffixDropout>(dropout, node);
  }
  Made operator()(const graph::Flatten&) const { return std::make_unique<SuffixCopy>(); }
  Made operator()(const graph::AdaptiveAvgPool2d&) const { return std::make_unique<SuffixPool>(); }

  Made operator()(
      const base::OneOf<graph::Input, graph::BatchNorm2d, graph::LayerNorm> auto&) const {
    return nullptr;
  }
  Made operator()(const base::OneOf<graph::Hardswish, graph::Hardsigmoid, graph::SiLU,
                                    graph::Sigmoid, graph::Tanh, graph::GELU> auto&) const {
    return nullptr;
  }
  Made operator()(const base::OneOf<graph::MaxPool2d, graph::AvgPool2d> auto&) const {
    return nullptr;
  }
  Made operator()(const graph::StochasticDepth&) const { return nullptr; }
  Made operator()(
      const base::OneOf<graph::Permute, graph::Concat, graph::Slice, graph::ChannelShuffle,
                        graph::SelectToken, graph::PatchMerging> auto&) const {
    return nullptr;
  }
  Made operator()(const graph::CombiningLayer auto&) const { return nullptr; }
  Made operator()(const graph::TokenLayer auto&) const { return nullptr; }
  Made operator()(const graph::SourceLayer auto&) const { return nullptr; }
};

}  // namespace

bool has_suffix_layer(const graph::Layer& layer) { return std::visit(Make{}, layer) != nullptr; }

std::unique_ptr<SuffixLayer> make_suffix_layer(const graph::Graph& graph, graph::NodeId node,
                                               std::vector<SuffixParameter*> parameters) {
  const graph::Layer& layer = graph.nodes[node].layer;
  assert(parameters.size() == parameters_of(layer).size());
  return std::visit(Make{node, std::move(parameters)}, layer);
}

}  // namespace engraft::learn
