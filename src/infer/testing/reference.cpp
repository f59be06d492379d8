#include "infer/testing/reference.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "infer/testing/reference_layers.h"

namespace engraft::infer::reference {
namespace {

void permute(const graph::Permute& permute, const Values& in, Values& out) {
  for_each(out.shape, [&](auto a, auto b, auto c, auto d) {
    const std::array<std::int64_t, 4> to{a, b, c, d};
    std::array<std::int64_t, 4> from{};
    for (std::size_t i = 0; i < 4; ++i) from[static_cast<std::size_t>(permute.order[i])] = to[i];
    out.at(a, b, c, d) = in.at(from[0], from[1], from[2], from[3]);
  });
}

// The second value is of the same shape, or has one number a channel.
void multiply(const Values& in, const Values& factor, Values& out) {
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

void concatenate(const std::vector<const Values*>& inputs, Values& out) {
  std::int64_t first = 0;
  for (const Values* in : inputs) {
    for_each(in->shape, [&](auto n, auto c, auto y, auto x) {
      out.at(n, first + c, y, x) = in->at(n, c, y, x);
    });
    first += in->shape[1];
  }
}

// Writes one node's value.
struct Compute {
  const base::Tensor& pictures;
  const Parameters& parameter;
  const std::vector<const Values*>& in;
  Values& out;

  void operator()(const graph::Input&) const {
    out.numbers.assign(pictures.floats().begin(), pictures.floats().end());
  }
  void operator()(const graph::Conv2d& conv) const { convolve(conv, parameter, *in[0], out); }
  void operator()(const graph::Linear& linear) const { multiply(linear, parameter, *in[0], out); }
  void operator()(const base::OneOf<graph::BatchNorm2d, graph::LayerNorm> auto& norm) const {
    normalize(norm, parameter, *in[0], out);
  }
  void operator()(const graph::ReLU&) const {
    each([](double x) { return std::max(x, 0.0); });
  }
  void operator()(const graph::ReLU6&) const {
    each([](double x) { return std::clamp(x, 0.0, 6.0); });
  }
  void operator()(const graph::Hardswish&) const {
    each([](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); });
  }
  void operator()(const graph::Hardsigmoid&) const {
    each([](double x) { return std::clamp(x / 6 + 0.5, 0.0, 1.0); });
  }
  void operator()(const graph::SiLU&) const {
    each([](double x) { return x / (1 + std::exp(-x)); });
  }
  void operator()(const graph::Sigmoid&) const {
    each([](double x) { return 1 / (1 + std::exp(-x)); });
  }
  void operator()(const graph::Tanh&) const {
    each([](double x) { return std::tanh(x); });
  }
  void operator()(const graph::GELU&) const {
    each([](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); });
  }
  void operator()(const graph::MaxPool2d& layer) const { pool(layer, *in[0], out); }
  void operator()(const graph::AvgPool2d& layer) const { average(layer, *in[0], out); }
  void operator()(const graph::AdaptiveAvgPool2d&) const { average(*in[0], out); }
  void operator()(const graph::RestingLayer auto&) const { out.numbers = in[0]->numbers; }
  void operator()(const graph::Flatten&) const { out.numbers = in[0]->numbers; }
  void operator()(const graph::Permute& layer) const { permute(layer, *in[0], out); }
  void operator()(const graph::Add&) const {
    for (const Values* term : in) {
      for (std::size_t i = 0; i < out.numbers.size(); ++i) out.numbers[i] += term->numbers[i];
    }
  }
  void operator()(const graph::Multiply&) const { multiply(*in[0], *in[1], out); }
  void operator()(const graph::Concat&) const { concatenate(in, out); }
  void operator()(const graph::Slice& slice) const {
    for_each(out.shape, [&](auto n, auto c, auto y, auto x) {
      out.at(n, c, y, x) = in[0]->at(n, slice.begin + c, y, x);
    });
  }
  void operator()(const graph::ChannelShuffle& shuffle) const {
    const std::int64_t extent = out.shape[1] / shuffle.groups;
    for_each(out.shape, [&](auto n, auto c, auto y, auto x) {
      out.at(n, c % extent * shuffle.groups + c / extent, y, x) = in[0]->at(n, c, y, x);
    });
  }
  void operator()(const graph::Parameter& own) const {
    for (std::size_t i = 0; i < out.numbers.size(); ++i) {
      out.numbers[i] = parameter(own.name, static_cast<std::int64_t>(i));
    }
  }
  void operator()(const base::OneOf<graph::RelativePositionIndex, graph::RelativeCoordsTable> auto&
                      buffer) const {
    const base::Tensor fixed = graph::fixed_values(buffer).as_float32();
    out.numbers.assign(fixed.floats().begin(), fixed.floats().end());
  }
  void operator()(const graph::EmbedPatches&) const { embed(*in[0], *in[1], *in[2], out); }
  void operator()(const graph::SelectToken& token) const {
    const base::Shape& shape = in[0]->shape;
    for (std::int64_t n = 0; n < shape[0]; ++n) {
      std::copy_n(in[0]->numbers.begin() + (n * shape[1] + token.index) * shape[2], shape[2],
                  out.numbers.begin() + n * shape[2]);
    }
  }
  void operator()(const graph::Attention& layer) const { attend(layer, *in[0], out); }
  void operator()(const graph::WindowAttention& layer) const { attend(layer, in, out); }
  void operator()(const graph::PatchMerging&) const { merge_patches(*in[0], out); }

 private:
  template <typename Function>
  void each(const Function& function) const {
    std::transform(in[0]->numbers.begin(), in[0]->numbers.end(), out.numbers.begin(), function);
  }
};

}  // namespace

std::vector<Values> evaluate(const graph::Graph& graph, const base::StateDict& state,
                             const base::Tensor& pictures) {
  const graph::Pair size(pictures.shape()[2], pictures.shape()[3]);
  const std::vector<base::Shape> shapes = graph::infer_shapes(graph, pictures.shape()[0], size);
  std::vector<Values> values;
  for (graph::NodeId id = 0; id < graph.nodes.size(); ++id) {
    const graph::Node& node = graph.nodes[id];
    std::vector<const Values*> inputs;
    for (const graph::NodeId input : node.inputs) inputs.push_back(&values[input]);
    Values out(shapes[id]);
    std::visit(Compute{pictures, Parameters(state, node), inputs, out}, node.layer);
    values.push_back(std::move(out));
  }
  return values;
}

}  // namespace engraft::infer::reference
