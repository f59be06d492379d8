#include "infer/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cosine_similarity.h"
#include "base/parallel.h"
#include "engraft/error.h"
#include "graph/builder.h"
#include "infer/testing/check_executor.h"

namespace engraft::infer {
namespace {

graph::Graph one_layer(graph::Layer layer, graph::Pair size = {11, 9}, std::int64_t channels = 3) {
  graph::GraphBuilder net("Net", size);
  net.add("layer", net.input(channels), std::move(layer));
  return std::move(net).finish("one_layer");
}

graph::Conv2d same(std::int64_t channels, std::int64_t kernel = 3) {
  return {.out_channels = channels, .kernel = kernel, .padding = kernel / 2};
}

// Conv, batch norm and ReLU under the names conv<i>, bn<i>, relu<i>.
graph::Value block(graph::GraphBuilder& net, const std::string& i, graph::Value x,
                   std::int64_t channels, std::int64_t stride = 1) {
  x = net.add(
      "conv" + i, x,
      graph::Conv2d{
          .out_channels = channels, .kernel = 3, .stride = stride, .padding = 1, .bias = false});
  x = net.add("bn" + i, x, graph::BatchNorm2d{});
  return net.add("relu" + i, x, graph::ReLU{});
}

class Convolution : public testing::TestWithParam<std::pair<graph::Conv2d, std::int64_t>> {};

TEST_P(Convolution, EqualsItsDefinition) {
  const auto& [conv, channels] = GetParam();
  expect_correct(one_layer(conv, {13, 10}, channels));
}

INSTANTIATE_TEST_SUITE_P(
    Executor, Convolution,
    testing::Values(
        std::pair(graph::Conv2d{.out_channels = 16, .kernel = 3}, 3),
        std::pair(graph::Conv2d{.out_channels = 5, .kernel = 3, .padding = 1, .bias = false}, 7),
        std::pair(graph::Conv2d{.out_channels = 32, .kernel = 7, .stride = 2, .padding = 3}, 3),
        std::pair(graph::Conv2d{.out_channels = 16, .kernel = 1, .stride = 2}, 16),
        std::pair(graph::Conv2d{.out_channels = 8, .kernel = 3, .padding = 2, .dilation = 2}, 8),
        std::pair(graph::Conv2d{.out_channels = 6,
                                .kernel = {3, 1},
                                .stride = {1, 2},
                                .padding = {1, 0},
                                .dilation = {2, 1}},
                  4),
        std::pair(graph::Conv2d{.out_channels = 12, .kernel = 3, .padding = 1, .groups = 4}, 8),
        std::pair(graph::Conv2d{.out_channels = 32, .kernel = 3, .padding = 1, .groups = 2}, 32),
        std::pair(graph::Conv2d{.out_channels = 16, .kernel = 3, .padding = 1, .groups = 16}, 16),
        std::pair(
            graph::Conv2d{.out_channels = 10, .kernel = 3, .stride = 2, .padding = 1, .groups = 5},
            5),
        std::pair(graph::Conv2d{.out_channels = 1, .kernel = 1}, 1)));

class Pooling : public testing::TestWithParam<graph::MaxPool2d> {};

TEST_P(Pooling, EqualsItsDefinition) {
  for (const graph::Pair size : {graph::Pair(8, 11), graph::Pair(9, 7), graph::Pair(13, 6)}) {
    expect_correct(one_layer(GetParam(), size));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Executor, Pooling,
    testing::Values(graph::MaxPool2d{}, graph::MaxPool2d{.kernel = 3, .stride = 2},
                    graph::MaxPool2d{.kernel = 3, .stride = 2, .padding = 1},
                    graph::MaxPool2d{.kernel = 3, .stride = 2, .ceil_mode = true},
                    graph::MaxPool2d{.kernel = 2, .stride = 2, .padding = 1, .ceil_mode = true},
                    graph::MaxPool2d{.kernel = 2, .stride = 3, .ceil_mode = true},
                    graph::MaxPool2d{.kernel = {3, 2}, .stride = {1, 2}}));

TEST(Executor, AveragesAnyWindowsLikePyTorch) {
  for (const graph::Pair output : {graph::Pair(1), graph::Pair(6), graph::Pair(12, 8),
                                   graph::Pair(5, 3), graph::Pair(7), graph::Pair(24, 9)}) {
    expect_correct(one_layer(graph::AdaptiveAvgPool2d{output}, {12, 8}));
  }
}

TEST(Executor, ComputesLayersThatStandAlone) {
  expect_correct(one_layer(graph::BatchNorm2d{}));
  expect_correct(one_layer(graph::BatchNorm2d{}, 5, 1));
  expect_correct(one_layer(graph::ReLU{}));
  for (const graph::Layer& activation :
       {graph::Layer(graph::ReLU6{}), graph::Layer(graph::Hardswish{}),
        graph::Layer(graph::Hardsigmoid{}), graph::Layer(graph::SiLU{}),
        graph::Layer(graph::Sigmoid{}), graph::Layer(graph::Tanh{}), graph::Layer(graph::GELU{})}) {
    expect_correct(one_layer(activation));
  }
  expect_correct(one_layer(graph::AvgPool2d{.kernel = 3, .stride = 2, .padding = 1}));
  expect_correct(one_layer(graph::ChannelShuffle{3}, 5, 12));
  expect_correct(one_layer(graph::Slice{1, 3}));
  expect_correct(one_layer(graph::LayerNorm{}));
  expect_correct(one_layer(graph::LayerNorm{.eps = 1e-6F, .channels_first = true}, {5, 7}, 12));
  expect_correct(one_layer(graph::Permute{{0, 2, 3, 1}}));
  expect_correct(one_layer(graph::Permute{{0, 3, 2, 1}}, 5, 16));
  expect_correct(one_layer(graph::Linear{.out_features = 4}));
  expect_correct(one_layer(graph::Dropout{}));
  expect_correct(one_layer(graph::Flatten{}));
}

// Behind a convolution, where channels lie as oneDNN likes them best.
TEST(Executor, ShufflesAndSlicesChannels) {
  for (const std::int64_t groups : {2, 3, 8}) {
    graph::GraphBuilder net("Net", {5, 7});
    graph::Value x = net.add("conv", net.input(), same(48));
    x = net.apply(graph::ChannelShuffle{groups}, {x});
    const graph::Value part = net.apply(graph::Slice{7, 31}, {x});
    net.apply(graph::Concat{}, {net.add("conv2", part, same(16)), part});
    const graph::Graph graph = std::move(net).finish("shuffled");
    expect_correct(graph);
    if (!has_native_bfloat16()) continue;
    const base::StateDict state = zoo::seeded_state(graph);
    const base::Tensor pictures = pictures_for(graph, 2);
    const Executor executor(graph, state, {graph.output()},
                            {.plan = exact_plan(Precision::kBFloat16)});
    const auto want = reference::evaluate(graph, state, pictures);
    EXPECT_GE(base::cosine_similarity(run(executor, pictures, graph.output()),
                                      want[graph.output()].numbers),
              0.9999);
  }
}

TEST(Executor, FoldsBatchNormAndActivation) {
  for (const graph::Layer& activation :
       {graph::Layer(graph::ReLU{}), graph::Layer(graph::ReLU6{})}) {
    graph::GraphBuilder net("Net", 12);
    graph::Value x = net.add("conv", net.input(), same(17));
    x = net.add("bn", x, graph::BatchNorm2d{.eps = 1e-3F});
    net.add("act", x, activation);
    expect_correct(std::move(net).finish("folded"));
  }
}

TEST(Executor, DoesNotFoldWhatIsReadTwice) {
  graph::GraphBuilder net("Net", 12);
  const graph::Value conv = net.add("conv", net.input(), same(8));
  const graph::Value norm = net.add("bn", conv, graph::BatchNorm2d{});
  const graph::Value relu = net.add("relu", norm, graph::ReLU{});
  net.apply(graph::Concat{}, {conv, norm, relu});
  expect_correct(std::move(net).finish("read_twice"));
}

TEST(Executor, AddsResiduals) {
  for (const std::int64_t stride : {1, 2}) {
    graph::GraphBuilder net("Net", 12);
    graph::Value x = block(net, "1", net.input(), 16);
    graph::Value y = block(net, "2", x, 16, stride);
    y = net.add("conv3", y, same(16));
    y = net.add("bn3", y, graph::BatchNorm2d{});
    if (stride == 2) {
      x = net.add("down", x,
                  graph::Conv2d{.out_channels = 16, .kernel = 1, .stride = 2, .bias = false});
      x = net.add("down_bn", x, graph::BatchNorm2d{});
    }
    y = net.apply(graph::Add{}, {y, x});
    net.add("relu", y, graph::ReLU{});
    expect_correct(std::move(net).finish("residual"));
  }
}

TEST(Executor, KeepsASkipThatIsReadAgain) {
  graph::GraphBuilder net("Net", 12);
  const graph::Value x = block(net, "1", net.input(), 16);
  graph::Value y = net.add("conv3", block(net, "2", x, 16), same(16));
  y = net.add("relu", net.apply(graph::Add{}, {x, y}), graph::ReLU{});
  y = net.add("conv4", y, same(16));
  net.apply(graph::Add{}, {y, x});
  expect_correct(std::move(net).finish("read_again"));
}

TEST(Executor, AddsAConvolutionToItsOwnInput) {
  graph::GraphBuilder net("Net", 12);
  const graph::Value x = block(net, "1", net.input(), 16);
  const graph::Value y = net.add("conv2", x, same(16));
  net.add("relu", net.apply(graph::Add{}, {y, x}), graph::ReLU{});
  expect_correct(std::move(net).finish("own_input"));
}

TEST(Executor, AddsThePictureItself) {
  graph::GraphBuilder net("Net", 12);
  const graph::Value x = net.input();
  net.apply(graph::Add{}, {net.add("conv", x, same(3)), x});
  expect_correct(std::move(net).finish("picture"));
}

TEST(Executor, AddsOtherThanConvolutions) {
  graph::GraphBuilder net("Net", 12);
  const graph::Value x = block(net, "1", net.input(), 13);
  const graph::Value pooled =
      net.add("pool", x, graph::MaxPool2d{.kernel = 3, .stride = 1, .padding = 1});
  const graph::Value sum = net.apply(graph::Add{}, {pooled, x});
  const graph::Value twice = net.apply(graph::Add{}, {sum, sum});
  const graph::Value y = net.add("conv", twice, same(13));
  net.apply(graph::Add{}, {x, y, pooled});
  expect_correct(std::move(net).finish("sums"));
}

TEST(Executor, AddsFlattenedPicturesToFeatures) {
  graph::GraphBuilder net("Net", 6);
  const graph::Value x = block(net, "1", net.input(), 5);
  const graph::Value flat = net.apply(graph::Flatten{}, {x});
  const graph::Value y = net.add("fc", flat, graph::Linear{.out_features = 180});
  net.add("fc2", net.apply(graph::Add{}, {flat, y}), graph::Linear{.out_features = 3});
  expect_correct(std::move(net).finish("flat_residual"));
}

TEST(Executor, ConcatenatesFireModules) {
  for (const std::int64_t channels : {16, 13}) {
    graph::GraphBuilder net("Net", 15);
    graph::Value x =
        net.add("conv", net.input(), graph::Conv2d{.out_channels = 16, .kernel = 3, .stride = 2});
    x = net.add("squeeze", net.add("relu", x, graph::ReLU{}), same(8, 1));
    x = net.add("squeeze_relu", x, graph::ReLU{});
    const graph::Value a =
        net.add("expand1_relu", net.add("expand1", x, same(channels, 1)), graph::ReLU{});
    const graph::Value b =
        net.add("expand3_relu", net.add("expand3", x, same(channels)), graph::ReLU{});
    x = net.apply(graph::Concat{}, {a, b});
    net.add("pool", x, graph::MaxPool2d{.kernel = 3, .stride = 2, .ceil_mode = true});
    expect_correct(std::move(net).finish("fire"));
  }
}

TEST(Executor, RunsInvertedResiduals) {
  graph::GraphBuilder net("Net", 12);
  const graph::Value x = net.add("conv", net.input(), same(16));
  graph::Value y = net.add("bn1", net.add("expand", x, same(96, 1)), graph::BatchNorm2d{});
  y = net.add("relu1", y, graph::ReLU6{});
  y = net.add(
      "depthwise", y,
      graph::Conv2d{.out_channels = 96, .kernel = 3, .padding = 1, .groups = 96, .bias = false});
  y = net.add("relu2", net.add("bn2", y, graph::BatchNorm2d{}), graph::ReLU6{});
  y = net.add("bn3", net.add("project", y, same(16, 1)), graph::BatchNorm2d{});
  net.apply(graph::Add{}, {x, y});
  expect_correct(std::move(net).finish("inverted"));
}

// ConvNeXt's block; `scaled` by a layer scale that is read once, or by one that cannot be folded.
TEST(Executor, RunsBlocksWithChannelsLast) {
  for (const bool foldable : {true, false}) {
    graph::GraphBuilder net("Net", 8);
    const graph::Value x = net.add("stem", net.input(), same(16));
    graph::Value y = net.add(
        "conv", x, graph::Conv2d{.out_channels = 16, .kernel = 7, .padding = 3, .groups = 16});
    y = net.add("permute", y, graph::Permute{{0, 2, 3, 1}});
    y = net.add("norm", y, graph::LayerNorm{});
    y = net.add("gelu", net.add("fc1", y, graph::Linear{.out_features = 64}), graph::GELU{});
    y = net.add("fc2", y, graph::Linear{.out_features = 16});
    if (!foldable) y = net.add("tanh", y, graph::Tanh{});
    y = net.add("back", y, graph::Permute{{0, 3, 1, 2}});
    y = net.apply(graph::Multiply{}, {y, net.own(graph::Parameter{"layer_scale", {16, 1, 1}})});
    y = net.add("depth", y, graph::StochasticDepth{0.5});
    y = net.apply(graph::Add{}, {y, x});
    y = net.add("norm2", y, graph::LayerNorm{.channels_first = true});
    net.add("conv2", y, graph::Conv2d{.out_channels = 8, .kernel = 2, .stride = 2});
    expect_correct(std::move(net).finish("channels_last"));
  }
}

TEST(Executor, RunsTransformers) {
  for (const bool scaled : {true, false}) {
    graph::GraphBuilder net("Net", 12);
    graph::Value x = net.add("patches", net.input(),
                             graph::Conv2d{.out_channels = 24, .kernel = 4, .stride = 4});
    const graph::Value token = net.own(graph::Parameter{"token", {1, 1, 24}});
    x = net.apply(graph::EmbedPatches{.grid = 3},
                  {x, token, net.own(graph::Parameter{"pos", {1, 10, 24}})});
    graph::Value y = net.add("norm", x, graph::LayerNorm{});
    y = net.own("in_proj", y,
                graph::Linear{.out_features = 72, .role = graph::Linear::Role::kInProjection});
    y = net.add("out", net.apply(graph::Attention{3}, {y}), graph::Linear{.out_features = 24});
    if (scaled) y = net.apply(graph::Multiply{}, {y, net.own(graph::Parameter{"gamma", {24}})});
    x = net.apply(graph::Add{}, {x, net.add("dropout", y, graph::Dropout{})});
    y = net.add("fc1", net.add("norm2", x, graph::LayerNorm{}), graph::Linear{.out_features = 40});
    y = net.add("fc2", net.add("gelu", y, graph::GELU{}), graph::Linear{.out_features = 24});
    x = net.add("norm3", net.apply(graph::Add{}, {x, y}), graph::LayerNorm{});
    net.add("head", net.apply(graph::SelectToken{0}, {x}), graph::Linear{.out_features = 5});
    expect_correct(std::move(net).finish("transformer"));
  }
}

class Windows : public testing::TestWithParam<graph::WindowAttention> {};

TEST_P(Windows, EqualTheDefinition) {
  const graph::WindowAttention layer = GetParam();
  graph::GraphBuilder net("Net", {8, 12});
  graph::Value x = net.apply(graph::Permute{{0, 2, 3, 1}}, {net.add("conv", net.input(), same(6))});
  const std::int64_t offsets = (2 * layer.window.height - 1) * (2 * layer.window.width - 1);
  const auto role = layer.cosine ? graph::Linear::Role::kUnbiasedKeys : graph::Linear::Role::kPlain;
  std::vector<graph::Value> inputs{
      net.add("qkv", x, graph::Linear{.out_features = 24, .role = role}),
      net.own(graph::Parameter{"table", {offsets, layer.heads}})};
  if (layer.cosine) inputs.push_back(net.own(graph::Parameter{"scale", {layer.heads, 1, 1}}));
  x = net.add("proj", net.apply(layer, inputs), graph::Linear{.out_features = 6});
  net.add("reduction", net.apply(graph::PatchMerging{}, {x}),
          graph::Linear{.out_features = 3, .bias = false});
  expect_correct(std::move(net).finish("windows"));
}

INSTANTIATE_TEST_SUITE_P(
    Executor, Windows,
    testing::Values(graph::WindowAttention{.heads = 2, .window = 4},
                    graph::WindowAttention{.heads = 2, .window = 4, .shift = 2},
                    graph::WindowAttention{.heads = 4, .window = {8, 4}, .shift = {4, 1}},
                    graph::WindowAttention{.heads = 1, .window = 4, .dilated = true, .scale = 0.3F},
                    graph::WindowAttention{.heads = 2, .window = 4, .shift = 1, .cosine = true}));

TEST(Executor, MergesPatchesOfOddExtents) {
  graph::GraphBuilder net("Net", {5, 7});
  const graph::Value x = net.apply(graph::Permute{{0, 2, 3, 1}}, {net.input()});
  net.apply(graph::PatchMerging{}, {x});
  expect_correct(std::move(net).finish("odd"));
}

TEST(Executor, RunsHeads) {
  for (const graph::Pair pooled : {graph::Pair(1), graph::Pair(3), graph::Pair(5)}) {
    graph::GraphBuilder net("Net", 12);
    graph::Value x =
        net.add("pool", block(net, "1", net.input(), 24), graph::AdaptiveAvgPool2d{pooled});
    x = net.add("dropout", net.apply(graph::Flatten{}, {x}), graph::Dropout{});
    x = net.add("fc1", x, graph::Linear{.out_features = 33});
    x = net.add("dropout2", net.add("relu", x, graph::ReLU{}), graph::Dropout{});
    x = net.add("fc2", x, graph::Linear{.out_features = 20, .bias = false});
    net.add("fc3", net.add("relu", x, graph::ReLU{}), graph::Linear{.out_features = 7});
    expect_correct(std::move(net).finish("head"));
  }
}

TEST(Executor, SharesModulesWithoutParameters) {
  graph::GraphBuilder net("Net", 12);
  graph::Value x = net.add("relu", net.add("conv1", net.input(), same(8)), graph::ReLU{});
  x = net.add("relu", net.add("conv2", x, same(8)), graph::ReLU{});
  net.add("relu", net.add("conv3", x, same(8)), graph::ReLU{});
  expect_correct(std::move(net).finish("shared"));
}

// A network that has every kind of layer, small enough for the reference.
graph::Graph every_layer() {
  graph::GraphBuilder net("Net", {14, 10});
  graph::Value x = block(net, "1", net.input(), 16);
  graph::Value y = net.add("conv3", block(net, "2", x, 16), same(16));
  x = net.add("relu", net.apply(graph::Add{}, {y, x}), graph::ReLU{});
  y = net.add("depthwise", x,
              graph::Conv2d{.out_channels = 16, .kernel = 3, .padding = 1, .groups = 16});
  y = net.add("relu6", y, graph::ReLU6{});
  x = net.apply(graph::Concat{}, {x, y});
  x = net.add("pool", x, graph::MaxPool2d{.kernel = 3, .stride = 2, .ceil_mode = true});
  x = net.add("average", net.add("bn", x, graph::BatchNorm2d{}), graph::AdaptiveAvgPool2d{3});
  x = net.add("dropout", net.apply(graph::Flatten{}, {x}), graph::Dropout{});
  net.add("fc", x, graph::Linear{.out_features = 10});
  return std::move(net).finish("every_layer");
}

TEST(Executor, GivesEveryNodeOfANetwork) { expect_correct(every_layer()); }

TEST(Executor, GivesOneNodeInTheMiddleAndTheLast) {
  const graph::Graph graph = every_layer();
  for (graph::NodeId middle = 0; middle < graph.nodes.size(); ++middle) {
    expect_outputs(graph, {middle, graph.output()});
  }
}

TEST(Executor, GivesTheSameForAPictureInAnyBatch) {
  const graph::Graph graph = every_layer();
  const Executor executor(graph, zoo::seeded_state(graph), {graph.output()});
  const base::Tensor nine = pictures_for(graph, 9);
  const std::vector<float> want = run(executor, nine, graph.output());
  const std::size_t pixels = nine.floats().size() / 9;
  for (std::int64_t batch = 1; batch <= 9; ++batch) {
    const auto count = static_cast<std::size_t>(batch);
    const std::size_t first = 9 - count;
    base::Shape shape = nine.shape();
    shape[0] = batch;
    const base::Tensor some = base::Tensor::from(nine.floats().subspan(first * pixels), shape);
    const std::vector<float> got = run(executor, some, graph.output());
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_NEAR(got[i], want[first * 10 + i], 1e-5) << batch << " pictures, " << i;
    }
  }
}

TEST(Executor, RunsFromSeveralThreadsAtOnce) {
  const graph::Graph graph = every_layer();
  const graph::NodeId middle = 8;
  const Executor executor(graph, zoo::seeded_state(graph), {middle, graph.output()});
  struct Task {
    base::Tensor pictures;
    graph::NodeId output;
    std::vector<float> want, got;
  };
  std::vector<Task> tasks;
  for (std::int64_t i = 0; i < 64; ++i) {
    base::Tensor pictures = pictures_for(graph, 1 + i % 5);
    // Each task's pictures are its own, so that mixed up results show.
    for (float& value : pictures.mutable_floats()) value += 0.01F * static_cast<float>(i);
    tasks.push_back({pictures, i % 2 == 0 ? middle : graph.output(), {}, {}});
  }
  base::parallel_for(tasks.size(), 4, [&](std::size_t i, int) {
    tasks[i].got = run(executor, tasks[i].pictures, tasks[i].output);
  });
  for (Task& task : tasks) {
    task.want = run(executor, task.pictures, task.output);
    EXPECT_EQ(task.got, task.want);
  }
}

TEST(Executor, TakesPicturesOfAnotherSize) {
  const graph::Graph graph = every_layer();
  const Executor executor(graph, zoo::seeded_state(graph), {1}, {.input_size = {9, 21}});
  EXPECT_EQ(executor.output_shape(1), (base::Shape{16, 9, 21}));
  const base::Tensor pictures = zoo::seeded_pictures({1, 3, 9, 21});
  const auto want = reference::evaluate(graph, zoo::seeded_state(graph), pictures);
  expect_close(run(executor, pictures, 1), want[1].numbers);
}

TEST(Executor, KeepsWhatItNeedsOfTheParameters) {
  const graph::Graph graph = every_layer();
  base::StateDict state = zoo::seeded_state(graph);
  const base::Tensor pictures = pictures_for(graph, 1);
  const auto want = reference::evaluate(graph, state, pictures);
  const Executor executor(graph, state, {graph.output()});
  state.clear();
  expect_close(run(executor, pictures, graph.output()), want.back().numbers);
}

TEST(Executor, NeedsNoParametersBeyondItsOutputs) {
  const graph::Graph graph = every_layer();
  base::StateDict state = zoo::seeded_state(graph);
  state.erase("fc.weight");
  EXPECT_NO_THROW(Executor(graph, state, {graph.output() - 1}));
}

std::string message_of(const graph::Graph& graph, const base::StateDict& state) {
  try {
    const Executor executor(graph, state, {graph.output()});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Executor, NamesAMissingParameter) {
  const graph::Graph graph = every_layer();
  for (const char* name :
       {"conv1.weight", "bn1.running_var", "conv3.bias", "fc.weight", "bn.bias"}) {
    base::StateDict state = zoo::seeded_state(graph);
    state.erase(name);
    EXPECT_THAT(message_of(graph, state), testing::HasSubstr(name));
  }
}

TEST(Executor, NamesAWronglyShapedParameter) {
  const graph::Graph graph = every_layer();
  for (const char* name : {"conv1.weight", "bn1.running_mean", "fc.bias"}) {
    base::StateDict state = zoo::seeded_state(graph);
    state[name] = base::Tensor(base::DType::kFloat32, {2, 5});
    EXPECT_THAT(message_of(graph, state),
                testing::AllOf(testing::HasSubstr(name), testing::HasSubstr("[2, 5]")));
  }
}

TEST(Executor, RefusesPicturesThatAreTooSmall) {
  const graph::Graph graph = one_layer(graph::Conv2d{.out_channels = 4, .kernel = 7}, 11);
  const base::StateDict state = zoo::seeded_state(graph);
  EXPECT_THROW(Executor(graph, state, {1}, {.input_size = {5, 5}}), Error);
}

TEST(Executor, ComputesInBFloat16WhereTheProcessorDoes) {
  const graph::Graph graph = every_layer();
  const base::StateDict state = zoo::seeded_state(graph);
  const ExecutorOptions options{.plan = exact_plan(Precision::kBFloat16)};
  if (!has_native_bfloat16()) {
    EXPECT_THROW(Executor(graph, state, {graph.output()}, options), Error);
    GTEST_SKIP() << "this processor has no bfloat16 arithmetic";
  }
  const base::Tensor pictures = pictures_for(graph, 3);
  const auto want = reference::evaluate(graph, state, pictures);
  std::vector<graph::NodeId> all;
  for (graph::NodeId id = 0; id < graph.nodes.size(); ++id) all.push_back(id);
  for (const std::vector<graph::NodeId>& outputs : {std::vector{graph.output()}, all}) {
    const Executor executor(graph, state, outputs, options);
    for (const graph::NodeId output : outputs) {
      const std::vector<float> got = run(executor, pictures, output);
      EXPECT_GE(base::cosine_similarity(got, want[output].numbers), 0.999)
          << graph.nodes[output].name;
    }
  }
}

}  // namespace
}  // namespace engraft::infer
