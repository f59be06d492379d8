#include "infer/winograd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "base/large_buffer.h"
#include "graph/builder.h"
#include "infer/check_executor.h"
#include "infer/convolution_choices.h"
#include "infer/wide_convolutions.h"

namespace engraft {
namespace {

Conv2d same(std::int64_t channels) {
  return {.out_channels = channels, .kernel = 3, .padding = 1, .bias = true};
}

// A convolution whose values lie in blocks on both sides.
Graph network(Conv2d conv, Pair size, std::int64_t channels) {
  GraphBuilder net("Net", size);
  Value x = net.add("stem", net.input(3), same(channels));
  net.add("layer", x, std::move(conv));
  return std::move(net).finish("network");
}

void expect_close_by_filtering(const Graph& graph, std::int64_t batch = 2) {
  const StateDict state = seeded_state(graph);
  const Tensor pictures = pictures_for(graph, batch);
  const std::vector<reference::Values> want = reference::evaluate(graph, state, pictures);
  const Executor executor(graph, state, {graph.output()},
                          {.convolutions = Convolutions::kWinograd});
  expect_close(run(executor, pictures, graph.output()), want[graph.output()].numbers, 3e-5);
}

// Of height, width, channels in and out, padding.
using Case = std::tuple<Pair, std::int64_t, std::int64_t, Pair>;

class Filtering : public testing::TestWithParam<Case> {};

TEST_P(Filtering, GivesTheConvolution) {
  const auto& [size, in, out, padding] = GetParam();
  Conv2d conv = same(out);
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
    GraphBuilder net("Net", {10, 11});
    const Value x = net.add("stem", net.input(3), same(16));
    const Value y = net.add("one", x, same(16));
    const Value sum = net.apply(Add{}, {net.add("two", y, same(16)), x});
    net.add("bound", sum, six ? Layer(ReLU6{}) : Layer(ReLU{}));
    expect_close_by_filtering(std::move(net).finish("residual"));
  }
}

TEST(Winograd, LeavesOtherConvolutionsAlone) {
  const auto fits = [](Conv2d conv, onednn::Activation activation) {
    conv.in_channels = 16;
    const onednn::Desc source = onednn::blocked({1, 16, 8, 8}, 8, onednn::Type::f32);
    const onednn::Desc destination =
        onednn::blocked({1, conv.out_channels, 8, 8}, 8, onednn::Type::f32);
    return Winograd::fits(conv, source, destination, activation);
  };
  using onednn::Activation;
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
  Tensor ones(DType::kFloat32, {1, 1, 3, 3});
  std::ranges::fill(ones.mutable_floats(), 1.0F);
  const std::vector<Tensor> weights = winograd_weights(ones);
  ASSERT_EQ(weights.size(), 36U);
  EXPECT_THAT(weights[0].shape(), testing::ElementsAre(1, 1, 1, 1));
  EXPECT_FLOAT_EQ(weights[0].floats()[0], 1);   // the filter's value at 0 is its first weight
  EXPECT_FLOAT_EQ(weights[35].floats()[0], 1);  // and at infinity its last
}

using Layout = std::function<onednn::Desc(const Shape&)>;

Layout in_blocks_of(std::int64_t block) {
  return [=](const Shape& shape) { return onednn::blocked(shape, block, onednn::Type::f32); };
}

Layout channels_last(onednn::Type type) {
  return [=](const Shape& shape) { return onednn::channels_last(shape, type); };
}

// `values` (N × C × H × W, row-major), and added to them `sum`, where it has numbers, through
// filters on values that lie so.
std::vector<float> filtered(const Conv2d& conv, const Tensor& values, const Tensor& filters,
                            const Tensor& sum, const Layout& layout) {
  const onednn::SingleThread alone;
  Shape out = values.shape();
  out[1] = conv.out_channels;
  const Winograd winograd(conv, layout(values.shape()), layout(out), {.sum = !sum.empty()});
  const dnnl::memory source(layout(values.shape()), onednn::engine());
  const dnnl::memory destination(layout(out), onednn::engine());
  const auto copy = [](dnnl::memory from, dnnl::memory to) {
    dnnl::stream stream(onednn::engine());
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
  };
  copy(onednn::memory_of(values), source);
  if (!sum.empty()) copy(onednn::memory_of(sum), destination);
  std::vector<dnnl::memory> weights;
  for (const Tensor& matrix : winograd_weights(filters)) {
    dnnl::memory& one = weights.emplace_back(winograd.weights_layout(), onednn::engine());
    onednn::reorder_weights(onednn::memory_of(matrix), one);
  }
  const Kernel kernel = winograd.kernel(weights, Tensor(DType::kFloat32, {conv.out_channels}));
  const LargeBuffer scratch(kernel.scratch_bytes);
  const std::vector<const float*> sources{static_cast<const float*>(source.get_data_handle())};
  kernel.run(sources, static_cast<float*>(destination.get_data_handle()), scratch.data());
  Tensor result(DType::kFloat32, out);
  copy(destination, onednn::memory_of(result));
  return {result.floats().begin(), result.floats().end()};
}

// Which layout a processor prefers differs; all can be computed anywhere.
TEST(Winograd, GivesTheSameInEveryLayout) {
  using onednn::Type;
  Conv2d conv = same(32);
  conv.in_channels = 16;
  const Tensor values = seeded_pictures({2, 16, 9, 7});
  const Tensor filters = seeded_pictures({32, 16, 3, 3});
  for (const Tensor& sum : {Tensor(), seeded_pictures({2, 32, 9, 7})}) {
    const std::vector<float> eight = filtered(conv, values, filters, sum, in_blocks_of(8));
    const std::vector<double> want(eight.begin(), eight.end());
    const auto expect = [&](const Layout& layout, double tolerance) {
      expect_close(filtered(conv, values, filters, sum, layout), want, tolerance);
    };
    expect(in_blocks_of(16), 1e-6);
    expect(channels_last(Type::f32), 1e-6);
    if (has_native_bfloat16()) expect(channels_last(Type::bf16), 0.03);
  }
}

class Choices : public testing::Test {
 protected:
  void SetUp() override {
    conv_.in_channels = 16;
    std::filesystem::remove(file_);
  }
  void TearDown() override { std::filesystem::remove(file_); }

  bool choose(Convolutions convolutions, Measurements& measurements) {
    const onednn::SingleThread alone;
    ConvolutionChoices choices(convolutions, measurements);
    const onednn::Desc layout = onednn::blocked({1, 16, 12, 12}, 8, onednn::Type::f32);
    return choices.takes_winograd(conv_, layout, layout, {});
  }

  Conv2d conv_ = same(16);
  Path file_ = Path(testing::TempDir()) / "winograd_test" / "choices.json";
};

TEST_F(Choices, AreRemembered) {
  Measurements first(file_);
  const bool chosen = choose(Convolutions::kFastest, first);
  first.save();
  // What is remembered decides, not another measurement.
  const std::string written = read_text(file_);
  const auto with_other_gain = [&] {
    const std::size_t list = written.find("\"measured\": {");
    const std::size_t colon = written.find("\": ", list + 13) + 3;
    const std::size_t end = written.find_first_of("\n,", colon);
    return written.substr(0, colon) + (chosen ? "0.5" : "2.5") + written.substr(end);
  }();
  write_atomically(file_, with_other_gain);
  Measurements second(file_);
  EXPECT_NE(choose(Convolutions::kFastest, second), chosen);
}

TEST_F(Choices, OfAnotherProcessorOrDamagedCountAsAbsent) {
  std::filesystem::create_directories(file_.parent_path());
  for (const char* content : {R"({"processor": "another", "measured": {"x": 2}})", "{", "[]", "",
                              R"({"processor": 3})"}) {
    write_atomically(file_, content);
    Measurements measurements(file_);
    choose(Convolutions::kFastest, measurements);
    measurements.save();
    EXPECT_THAT(read_text(file_), testing::HasSubstr("16 > 16 channels"));
    EXPECT_THAT(read_text(file_), testing::Not(testing::HasSubstr("another")));
  }
}

TEST_F(Choices, CanBeGiven) {
  Measurements measurements(file_);
  EXPECT_FALSE(choose(Convolutions::kDirect, measurements));
  EXPECT_TRUE(choose(Convolutions::kWinograd, measurements));
  measurements.save();
  EXPECT_FALSE(std::filesystem::exists(file_));
}

// What is remembered decides which convolutions are left out of 8 bits.
TEST_F(Choices, BetweenFilteringAnd8Bits) {
  GraphBuilder net("Net", {12, 12});
  Value x = net.add("stem", net.input(3), same(32));
  x = net.add("one", x, same(32));
  x = net.add("pointwise", x, Conv2d{.out_channels = 32, .kernel = 1});
  net.add("last", x, same(16));
  const Graph graph = std::move(net).finish("several");
  const StateDict state = seeded_state(graph);
  const NodeId output = graph.output();
  ExecutorOptions options{.precision = Precision::kInt8};
  for (NodeId id = 1; id <= output; ++id) options.ranges[id] = {-1, 1};
  const auto wide = [&](Convolutions convolutions) {
    options.convolutions = convolutions;
    options.measurements = file_;
    std::vector<std::string> names;
    for (const auto& [value, range] : prefer_faster(graph, state, output, options)) {
      if (range.wide) names.push_back(graph.nodes[value].name);
    }
    return names;
  };
  EXPECT_THAT(wide(Convolutions::kDirect), testing::IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(file_));
  wide(Convolutions::kFastest);
  auto document = nlohmann::json::parse(read_text(file_));
  ASSERT_EQ(document["measured"].size(), 2U) << document;
  for (auto& [name, gain] : document["measured"].items()) {
    EXPECT_THAT(name, testing::HasSubstr("8 bits against"));
    gain = name.find("32 > 16 channels") != std::string::npos ? 2 : 0.5;
  }
  write_atomically(file_, document.dump());
  EXPECT_THAT(wide(Convolutions::kFastest), testing::ElementsAre("last"));
}

// A batch is measured where many pictures come, and then remembered; not where sums must be exact.
TEST_F(Choices, OfTheBatch) {
  GraphBuilder net("Net", {12, 12});
  net.add("one", net.input(3), same(16));
  const Graph graph = std::move(net).finish("small");
  const StateDict state = seeded_state(graph);
  const NodeId output = graph.output();
  const auto batch = [&](Convolutions convolutions, std::int64_t pictures) {
    const Executor executor(graph, state, {output},
                            {.convolutions = convolutions, .measurements = file_});
    return executor.best_batch(output, pictures);
  };
  EXPECT_EQ(batch(Convolutions::kDirect, 1000), Executor::kMostAtOnce);
  EXPECT_EQ(batch(Convolutions::kFastest, 10), Executor::kMostAtOnce);
  EXPECT_FALSE(std::filesystem::exists(file_));
  const std::int64_t found = batch(Convolutions::kFastest, 1000);
  EXPECT_GE(found, 1);
  EXPECT_LE(found, Executor::kMostAtOnce);
  auto document = nlohmann::json::parse(read_text(file_));
  ASSERT_EQ(document["measured"].size(), 1U);
  ASSERT_EQ(document["measured"].front(), found);
  document["measured"].front() = 3;
  write_atomically(file_, document.dump());
  EXPECT_EQ(batch(Convolutions::kFastest, 1000), 3);
}

// Whatever is measured, the numbers are right, in batches of any size.
TEST_F(Choices, AreAllRight) {
  GraphBuilder net("Net", {12, 12});
  Value x = net.add("stem", net.input(3), same(32));
  for (const char* name : {"one", "two"}) x = net.add(name, x, same(32));
  const Graph graph = std::move(net).finish("several");
  const StateDict state = seeded_state(graph);
  const Executor executor(graph, state, {graph.output()},
                          {.convolutions = Convolutions::kFastest, .measurements = file_});
  for (const std::int64_t batch : {1, 3}) {
    const Tensor pictures = pictures_for(graph, batch);
    expect_close(run(executor, pictures, graph.output()),
                 reference::evaluate(graph, state, pictures)[graph.output()].numbers, 3e-5);
  }
}

}  // namespace
}  // namespace engraft
