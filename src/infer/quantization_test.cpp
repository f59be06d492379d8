#include "infer/quantization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/cosine_similarity.h"
#include "graph/builder.h"
#include "infer/testing/check_executor.h"

namespace engraft::infer {
namespace {

graph::Conv2d same(std::int64_t channels, std::int64_t kernel = 3, std::int64_t stride = 1) {
  return {.out_channels = channels, .kernel = kernel, .stride = stride, .padding = kernel / 2};
}

// The network's numbers in float32 and in 8 bits are close, in every batch size. Convolutions named
// in `wide` are left out.
void expect_close_in_8_bits(const graph::Graph& graph, double least = 0.999,
                            const std::set<std::string>& wide = {}) {
  const base::StateDict state = zoo::seeded_state(graph);
  const graph::NodeId output = graph.output();
  const base::Tensor pictures = pictures_for(graph, 4);
  const Executor exact(graph, state, {output});
  std::vector<float> want(
      static_cast<std::size_t>(4 * base::element_count(exact.output_shape(output))));
  Ranges ranges;
  exact.measure_ranges(pictures.floats(), output, want, ranges);
  for (auto& [value, range] : ranges) range.wide = wide.contains(graph.nodes[value].name);
  const Executor executor(graph, state, {output},
                          {.plan = {.precision = Precision::kInt8, .ranges = ranges}});
  const std::vector<float> got = run(executor, pictures, output);
  EXPECT_GE(base::cosine_similarity(got, want), least);
  EXPECT_TRUE(executor.computes_in_8_bits());
  EXPECT_NE(got, want) << "nothing was quantized";
  const auto one = std::span(got).first(got.size() / 4);
  const base::Tensor first = pictures_for(graph, 1);
  EXPECT_GE(base::cosine_similarity(run(executor, first, output), one), least);
}

TEST(Quantization, OfAChain) {
  graph::GraphBuilder net("Net", {16, 16});
  graph::Value x = net.add("one", net.input(3), same(16));
  x = net.add("relu1", x, graph::ReLU{});
  x = net.add("two", x, same(32));
  x = net.add("relu2", x, graph::ReLU6{});
  x = net.add("three", x, same(24, 1));
  net.add("four", x, same(8, 3, 2));
  expect_close_in_8_bits(std::move(net).finish("chain"));
}

TEST(Quantization, OfActivationsThatAreNotLinear) {
  for (const graph::Layer& layer : {graph::Layer(graph::Hardswish{}), graph::Layer(graph::SiLU{}),
                                    graph::Layer(graph::GELU{}), graph::Layer(graph::Sigmoid{})}) {
    graph::GraphBuilder net("Net", {12, 12});
    graph::Value x = net.add("one", net.input(3), same(16));
    x = net.add("act1", x, layer);
    x = net.add("two", x, same(16));
    x = net.add("act2", x, layer);
    net.add("three", x, same(8));
    expect_close_in_8_bits(std::move(net).finish("chain"), 0.998);
  }
}

// Sums with and without activation, in place and where the addend is read again.
TEST(Quantization, OfResiduals) {
  graph::GraphBuilder net("Net", {14, 14});
  graph::Value x = net.add("relu", net.add("stem", net.input(3), same(16)), graph::ReLU{});
  graph::Value y = net.add("relu1", net.add("one", x, same(16)), graph::ReLU{});
  y = net.apply(graph::Add{}, {net.add("two", y, same(16)), x});
  graph::Value z = net.add("relu2", y, graph::ReLU{});
  graph::Value w = net.add("relu3", net.add("three", z, same(16)), graph::ReLU{});
  w = net.apply(graph::Add{}, {net.add("four", w, same(16)), z});
  w = net.add("relu4", w, graph::ReLU{});
  graph::Value v = net.apply(graph::Add{}, {net.add("five", w, same(16)), z});
  net.add("six", v, same(8, 1));
  expect_close_in_8_bits(std::move(net).finish("residuals"));
}

// Each convolution by itself, and several beside each other: whatever joins values in 8 bits and
// wide ones is there.
TEST(Quantization, LeavesConvolutionsWideThatAreToBe) {
  graph::GraphBuilder net("Net", {14, 14});
  const graph::Value x = net.add("relu", net.add("stem", net.input(3), same(16)), graph::ReLU{});
  graph::Value y = net.add("relu1", net.add("one", x, same(16)), graph::ReLU{});
  y = net.add("relu2", net.apply(graph::Add{}, {net.add("two", y, same(16)), x}), graph::ReLU{});
  const graph::Value pooled = net.add("pool", y, graph::MaxPool2d{.kernel = 2, .stride = 2});
  const graph::Value left = net.add("relu3", net.add("three", pooled, same(16)), graph::ReLU{});
  const graph::Value right = net.add("relu4", net.add("four", pooled, same(16, 1)), graph::ReLU{});
  net.add("last", net.apply(graph::Concat{}, {left, right}), same(8));
  const graph::Graph graph = std::move(net).finish("mixed");
  for (const std::set<std::string>& wide : std::vector<std::set<std::string>>{
           {"relu1"}, {"relu2"}, {"relu3"}, {"relu4"}, {"relu1", "relu2"}, {"relu2", "relu3"}}) {
    expect_close_in_8_bits(graph, 0.999, wide);
  }
}

TEST(Quantization, OfWideConvolutionsIsNone) {
  graph::GraphBuilder net("Net", {8, 8});
  net.add("two", net.add("one", net.input(3), same(16)), same(8));
  const graph::Graph graph = std::move(net).finish("chain");
  const Ranges ranges{{1, {-1, 1}}, {2, {-1, 1, /*wide=*/true}}};
  EXPECT_FALSE(Executor(graph, zoo::seeded_state(graph), {graph.output()},
                        {.plan = {.precision = Precision::kInt8, .ranges = ranges}})
                   .computes_in_8_bits());
}

TEST(Quantization, OfDepthwiseConvolutions) {
  graph::GraphBuilder net("Net", {14, 14});
  graph::Value x = net.add("relu", net.add("stem", net.input(3), same(16)), graph::ReLU6{});
  graph::Conv2d depthwise = same(16);
  depthwise.groups = 16;
  graph::Value y = net.add("relu1", net.add("depthwise", x, depthwise), graph::ReLU6{});
  y = net.add("project", y, same(24, 1));
  net.add("last", y, same(16, 1));
  expect_close_in_8_bits(std::move(net).finish("depthwise"), 0.998);
}

TEST(Quantization, OfConcatenationsAndPoolings) {
  graph::GraphBuilder net("Net", {16, 16});
  const graph::Value x = net.add("relu", net.add("stem", net.input(3), same(16)), graph::ReLU{});
  const graph::Value pooled =
      net.add("pool", x, graph::MaxPool2d{.kernel = 3, .stride = 2, .padding = 1});
  const graph::Value squeezed = net.add("relu1", net.add("one", pooled, same(8, 1)), graph::ReLU{});
  const graph::Value left = net.add("relu2", net.add("left", squeezed, same(16, 1)), graph::ReLU{});
  const graph::Value right = net.add("relu3", net.add("right", squeezed, same(16)), graph::ReLU{});
  const graph::Value average =
      net.add("average", squeezed, graph::AvgPool2d{.kernel = 3, .stride = 1, .padding = 1});
  const graph::Value all = net.apply(graph::Concat{}, {left, right, average});
  net.add("last", all, same(8));
  expect_close_in_8_bits(std::move(net).finish("fire"));
}

TEST(Quantization, LeavesTheFirstAndTheLastLayerWider) {
  graph::GraphBuilder net("Net", {16, 16});
  graph::Value x = net.add("one", net.input(3), same(16));
  x = net.add("two", x, same(16));
  net.add("three", x, same(8));
  const graph::Graph graph = std::move(net).finish("chain");
  const base::StateDict state = zoo::seeded_state(graph);
  const Program program = lower(graph, state, {graph.output()});
  Ranges ranges;
  for (const Operation& operation : program.operations) ranges[operation.result] = {-1, 2};
  const Quantization quantization(graph, program, {graph.output()}, {.ranges = ranges});
  ASSERT_EQ(program.operations.size(), 3U);
  EXPECT_FALSE(quantization.is_quantized(program.operations[0]));
  EXPECT_TRUE(quantization.is_quantized(program.operations[1]));
  EXPECT_TRUE(quantization.is_stored_in_8_bits(program.operations[1].result));
  EXPECT_FALSE(quantization.is_stored_in_8_bits(program.operations[2].result));
  const auto quantum = quantization.quantum(program.operations[0].result);
  ASSERT_TRUE(quantum);
  EXPECT_EQ(quantum->type, onednn::Type::s8);
  EXPECT_FLOAT_EQ(quantum->scale, 2.0F / 127);
}

// What was never measured, or measured to be nothing or infinite, is not computed in 8 bits.
TEST(Quantization, NeedsRanges) {
  graph::GraphBuilder net("Net", {8, 8});
  const graph::Value x = net.add("one", net.input(3), same(16));
  net.add("two", x, same(8));
  const graph::Graph graph = std::move(net).finish("chain");
  const base::StateDict state = zoo::seeded_state(graph);
  const graph::NodeId output = graph.output();
  const base::Tensor pictures = pictures_for(graph, 2);
  const Precision wider = has_native_bfloat16() ? Precision::kBFloat16 : Precision::kFloat32;
  const std::vector<float> want =
      run(Executor(graph, state, {output}, {.plan = {.precision = wider}}), pictures, output);
  for (const Ranges& ranges :
       {Ranges{}, Ranges{{1, {0, 0}}}, Ranges{{1, {0, std::numeric_limits<float>::infinity()}}}}) {
    const Executor executor(graph, state, {output},
                            {.plan = {.precision = Precision::kInt8, .ranges = ranges}});
    EXPECT_FALSE(executor.computes_in_8_bits());
    EXPECT_EQ(run(executor, pictures, output), want);
  }
}

}  // namespace
}  // namespace engraft::infer
