#include "onednn/winograd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/large_buffer.h"
#include "graph/builder.h"
#include "infer/testing/check_executor.h"
#include "infer/testing/plans.h"
#include "onednn/winograd_tiles.h"

namespace engraft::onednn {
namespace {

graph::Conv2d same(std::int64_t channels) {
  return {.out_channels = channels, .kernel = 3, .padding = 1, .bias = true};
}

// A convolution whose values lie in blocks on both sides.
graph::Graph network(graph::Conv2d conv, graph::Pair size, std::int64_t channels) {
  graph::GraphBuilder net("Net", size);
  graph::Value x = net.add("stem", net.input(3), same(channels));
  net.add("layer", x, std::move(conv));
  return std::move(net).finish("network");
}

void expect_close_by_filtering(const graph::Graph& graph, std::int64_t batch = 2) {
  const base::StateDict state = zoo::seeded_state(graph);
  const base::Tensor pictures = infer::pictures_for(graph, batch);
  const std::vector<infer::reference::Values> want =
      infer::reference::evaluate(graph, state, pictures);
  const infer::Executor executor(graph, state, {graph.output()},
                                 {.plan = infer::filtered_plan(graph, infer::Precision::kFloat32)});
  infer::expect_close(infer::run(executor, pictures, graph.output()), want[graph.output()].numbers,
                      3e-5);
}

// Of height, width, channels in and out, padding.
using Case = std::tuple<graph::Pair, std::int64_t, std::int64_t, graph::Pair>;

class Filtering : public testing::TestWithParam<Case> {};

TEST_P(Filtering, GivesTheConvolution) {
  const auto& [size, in, out, padding] = GetParam();
  graph::Conv2d conv = same(out);
  conv.padding = padding;
  expect_close_by_filtering(network(conv, size, in));
}

INSTANTIATE_TEST_SUITE_P(
    Winograd, Filtering,
    testing::Values(Case({8, 8}, 16, 16, 1),       // whole tiles
                    Case({7, 9}, 16, 32, 1),       // tiles that reach beyond the edges
                    Case({13, 6}, 48, 16, 0),      // without padding
                    Case({5, 5}, 32, 48, 2),       // more padding than usual
                    Case({3, 4}, 16, 16, {0, 1}),  // padding that differs
                    Case({1, 1}, 16, 16, 1),       // less than a tile
                    Case({40, 44}, 16, 16, 1)));   // more tiles than are computed at once

TEST(Winograd, AddsAndBoundsAsDirectConvolutionsDo) {
  for (const bool six : {false, true}) {
    graph::GraphBuilder net("Net", {10, 11});
    const graph::Value x = net.add("stem", net.input(3), same(16));
    const graph::Value y = net.add("one", x, same(16));
    const graph::Value sum = net.apply(graph::Add{}, {net.add("two", y, same(16)), x});
    net.add("bound", sum, six ? graph::Layer(graph::ReLU6{}) : graph::Layer(graph::ReLU{}));
    expect_close_by_filtering(std::move(net).finish("residual"));
  }
}

TEST(Winograd, LeavesOtherConvolutionsAlone) {
  const auto fits = [](graph::Conv2d conv, Activation activation) {
    conv.in_channels = 16;
    const Desc source = blocked({1, 16, 8, 8}, 8, Type::f32);
    const Desc destination = blocked({1, conv.out_channels, 8, 8}, 8, Type::f32);
    return Winograd::fits(conv, source, destination, activation);
  };
  EXPECT_TRUE(fits(same(16), Activation::kRelu));
  EXPECT_FALSE(fits(same(12), Activation::kRelu));
  EXPECT_FALSE(fits(same(16), Activation::kGelu));
  EXPECT_FALSE(fits({.out_channels = 16, .kernel = 5, .padding = 2}, Activation::kNone));
  EXPECT_FALSE(fits({.out_channels = 16, .kernel = 3, .stride = 2}, Activation::kNone));
  EXPECT_FALSE(fits({.out_channels = 16, .kernel = 3, .groups = 2}, Activation::kNone));
  EXPECT_FALSE(fits({.out_channels = 16, .kernel = 3, .dilation = 2}, Activation::kNone));
}

// A filter of ones over a constant picture of ones: nine, whatever the filtering does in between.
TEST(Winograd, TransformedWeightsSumUp) {
  base::Tensor ones(base::DType::kFloat32, {1, 1, 3, 3});
  std::ranges::fill(ones.mutable_floats(), 1.0F);
  const base::Tensor first = winograd_matrices(ones, {}, 0).front();
  EXPECT_THAT(first.shape(), testing::ElementsAre(1, 1, 1, 1));
  // The filter's value at 0 is its first weight, and at infinity its last.
  EXPECT_FLOAT_EQ(first.floats()[0], 1);
  EXPECT_FLOAT_EQ(winograd_matrices(ones, {}, 5).back().floats()[0], 1);
  EXPECT_FLOAT_EQ(winograd_matrices(ones, {3}, 5).back().floats()[0], 3);
}

using Layout = std::function<Desc(const base::Shape&)>;

Layout in_blocks_of(std::int64_t block) {
  return [=](const base::Shape& shape) { return blocked(shape, block, Type::f32); };
}

Layout last_channels(Type type) {
  return [=](const base::Shape& shape) { return channels_last(shape, type); };
}

// `values` (N × C × H × W, row-major), and added to them `sum`, where it has numbers, through
// filters on values that lie so.
std::vector<float> filtered(const graph::Conv2d& conv, const base::Tensor& values,
                            const base::Tensor& filters, const base::Tensor& sum,
                            const Layout& layout) {
  const SingleThread alone;
  base::Shape out = values.shape();
  out[1] = conv.out_channels;
  const Winograd winograd(conv, layout(values.shape()), layout(out), {.sum = !sum.empty()});
  const dnnl::memory source(layout(values.shape()), engine());
  const dnnl::memory destination(layout(out), engine());
  const auto copy = [](dnnl::memory from, dnnl::memory to) {
    dnnl::stream stream(engine());
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
  };
  copy(memory_of(values), source);
  if (!sum.empty()) copy(memory_of(sum), destination);
  std::vector<dnnl::memory> weights;
  for (std::size_t row = 0; row < kTileIn; ++row) {
    for (const base::Tensor& matrix : winograd_matrices(filters, {}, row)) {
      dnnl::memory& one = weights.emplace_back(winograd.weights_layout(), engine());
      reorder_weights(memory_of(matrix), one);
    }
  }
  const Kernel kernel =
      winograd.kernel(weights, base::Tensor(base::DType::kFloat32, {conv.out_channels}));
  const base::LargeBuffer scratch(kernel.scratch_bytes);
  const std::vector<const float*> sources{static_cast<const float*>(source.get_data_handle())};
  kernel.run(sources, static_cast<float*>(destination.get_data_handle()), scratch.data());
  base::Tensor result(base::DType::kFloat32, out);
  copy(destination, memory_of(result));
  return {result.floats().begin(), result.floats().end()};
}

// Which layout a processor prefers differs; all can be computed anywhere.
TEST(Winograd, GivesTheSameInEveryLayout) {
  graph::Conv2d conv = same(32);
  conv.in_channels = 16;
  const base::Tensor values = zoo::seeded_pictures({2, 16, 9, 7});
  const base::Tensor filters = zoo::seeded_pictures({32, 16, 3, 3});
  for (const base::Tensor& sum : {base::Tensor(), zoo::seeded_pictures({2, 32, 9, 7})}) {
    const std::vector<float> eight = filtered(conv, values, filters, sum, in_blocks_of(8));
    const std::vector<double> want(eight.begin(), eight.end());
    const auto expect = [&](const Layout& layout, double tolerance) {
      infer::expect_close(filtered(conv, values, filters, sum, layout), want, tolerance);
    };
    expect(in_blocks_of(16), 1e-6);
    expect(last_channels(Type::f32), 1e-6);
    if (infer::has_native_bfloat16()) expect(last_channels(Type::bf16), 0.03);
  }
}

}  // namespace
}  // namespace engraft::onednn
