#include "infer/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cosine_similarity.h"
#include "base/parallel.h"
#include "engraft/error.h"
#include "graph/builder.h"
#include "infer/testing/check_executor.h"

namespace engraft {
namespace {

Graph one_layer(Layer layer, Pair size = {11, 9}, std::int64_t channels = 3) {
  GraphBuilder net("Net", size);
  net.add("layer", net.input(channels), std::move(layer));
  return std::move(net).finish("one_layer");
}

Conv2d same(std::int64_t channels, std::int64_t kernel = 3) {
  return {.out_channels = channels, .kernel = kernel, .padding = kernel / 2};
}

// Conv, batch norm and ReLU under the names conv<i>, bn<i>, relu<i>.
Value block(GraphBuilder& net, const std::string& i, Value x, std::int64_t channels,
            std::int64_t stride = 1) {
  x = net.add(
      "conv" + i, x,
      Conv2d{.out_channels = channels, .kernel = 3, .stride = stride, .padding = 1, .bias = false});
  x = net.add("bn" + i, x, BatchNorm2d{});
  return net.add("relu" + i, x, ReLU{});
}

class Convolution : public testing::TestWithParam<std::pair<Conv2d, std::int64_t>> {};

TEST_P(Convolution, EqualsItsDefinition) {
  const auto& [conv, channels] = GetParam();
  expect_correct(one_layer(conv, {13, 10}, channels));
}

INSTANTIATE_TEST_SUITE_P(
    Executor, Convolution,
    testing::Values(
        std::pair(Conv2d{.out_channels = 16, .kernel = 3}, 3),
        std::pair(Conv2d{.out_channels = 5, .kernel = 3, .padding = 1, .bias = false}, 7),
        std::pair(Conv2d{.out_channels = 32, .kernel = 7, .stride = 2, .padding = 3}, 3),
        std::pair(Conv2d{.out_channels = 16, .kernel = 1, .stride = 2}, 16),
        std::pair(Conv2d{.out_channels = 8, .kernel = 3, .padding = 2, .dilation = 2}, 8),
        std::pair(Conv2d{.out_channels = 6,
                         .kernel = {3, 1},
                         .stride = {1, 2},
                         .padding = {1, 0},
                         .dilation = {2, 1}},
                  4),
        std::pair(Conv2d{.out_channels = 12, .kernel = 3, .padding = 1, .groups = 4}, 8),
        std::pair(Conv2d{.out_channels = 32, .kernel = 3, .padding = 1, .groups = 2}, 32),
        std::pair(Conv2d{.out_channels = 16, .kernel = 3, .padding = 1, .groups = 16}, 16),
        std::pair(Conv2d{.out_channels = 10, .kernel = 3, .stride = 2, .padding = 1, .groups = 5},
                  5),
        std::pair(Conv2d{.out_channels = 1, .kernel = 1}, 1)));

class Pooling : public testing::TestWithParam<MaxPool2d> {};

TEST_P(Pooling, EqualsItsDefinition) {
  for (const Pair size : {Pair(8, 11), Pair(9, 7), Pair(13, 6)}) {
    expect_correct(one_layer(GetParam(), size));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Executor, Pooling,
    testing::Values(MaxPool2d{}, MaxPool2d{.kernel = 3, .stride = 2},
                    MaxPool2d{.kernel = 3, .stride = 2, .padding = 1},
                    MaxPool2d{.kernel = 3, .stride = 2, .ceil_mode = true},
                    MaxPool2d{.kernel = 2, .stride = 2, .padding = 1, .ceil_mode = true},
                    MaxPool2d{.kernel = 2, .stride = 3, .ceil_mode = true},
                    MaxPool2d{.kernel = {3, 2}, .stride = {1, 2}}));

TEST(Executor, AveragesAnyWindowsLikePyTorch) {
  for (const Pair output : {Pair(1), Pair(6), Pair(12, 8), Pair(5, 3), Pair(7), Pair(24, 9)}) {
    expect_correct(one_layer(AdaptiveAvgPool2d{output}, {12, 8}));
  }
}

TEST(Executor, ComputesLayersThatStandAlone) {
  expect_correct(one_layer(BatchNorm2d{}));
  expect_correct(one_layer(BatchNorm2d{}, 5, 1));
  expect_correct(one_layer(ReLU{}));
  for (const Layer& activation : {Layer(ReLU6{}), Layer(Hardswish{}), Layer(Hardsigmoid{}),
                                  Layer(SiLU{}), Layer(Sigmoid{}), Layer(Tanh{}), Layer(GELU{})}) {
    expect_correct(one_layer(activation));
  }
  expect_correct(one_layer(AvgPool2d{.kernel = 3, .stride = 2, .padding = 1}));
  expect_correct(one_layer(ChannelShuffle{3}, 5, 12));
  expect_correct(one_layer(Slice{1, 3}));
  expect_correct(one_layer(LayerNorm{}));
  expect_correct(one_layer(LayerNorm{.eps = 1e-6F, .channels_first = true}, {5, 7}, 12));
  expect_correct(one_layer(Permute{{0, 2, 3, 1}}));
  expect_correct(one_layer(Permute{{0, 3, 2, 1}}, 5, 16));
  expect_correct(one_layer(Linear{.out_features = 4}));
  expect_correct(one_layer(Dropout{}));
  expect_correct(one_layer(Flatten{}));
}

// Behind a convolution, where channels lie as oneDNN likes them best.
TEST(Executor, ShufflesAndSlicesChannels) {
  for (const std::int64_t groups : {2, 3, 8}) {
    GraphBuilder net("Net", {5, 7});
    Value x = net.add("conv", net.input(), same(48));
    x = net.apply(ChannelShuffle{groups}, {x});
    const Value part = net.apply(Slice{7, 31}, {x});
    net.apply(Concat{}, {net.add("conv2", part, same(16)), part});
    const Graph graph = std::move(net).finish("shuffled");
    expect_correct(graph);
    if (!has_native_bfloat16()) continue;
    const StateDict state = seeded_state(graph);
    const Tensor pictures = pictures_for(graph, 2);
    const Executor executor(graph, state, {graph.output()}, {.precision = Precision::kBFloat16});
    const auto want = reference::evaluate(graph, state, pictures);
    EXPECT_GE(
        cosine_similarity(run(executor, pictures, graph.output()), want[graph.output()].numbers),
        0.9999);
  }
}

TEST(Executor, FoldsBatchNormAndActivation) {
  for (const Layer& activation : {Layer(ReLU{}), Layer(ReLU6{})}) {
    GraphBuilder net("Net", 12);
    Value x = net.add("conv", net.input(), same(17));
    x = net.add("bn", x, BatchNorm2d{.eps = 1e-3F});
    net.add("act", x, activation);
    expect_correct(std::move(net).finish("folded"));
  }
}

TEST(Executor, DoesNotFoldWhatIsReadTwice) {
  GraphBuilder net("Net", 12);
  const Value conv = net.add("conv", net.input(), same(8));
  const Value norm = net.add("bn", conv, BatchNorm2d{});
  const Value relu = net.add("relu", norm, ReLU{});
  net.apply(Concat{}, {conv, norm, relu});
  expect_correct(std::move(net).finish("read_twice"));
}

TEST(Executor, AddsResiduals) {
  for (const std::int64_t stride : {1, 2}) {
    GraphBuilder net("Net", 12);
    Value x = block(net, "1", net.input(), 16);
    Value y = block(net, "2", x, 16, stride);
    y = net.add("conv3", y, same(16));
    y = net.add("bn3", y, BatchNorm2d{});
    if (stride == 2) {
      x = net.add("down", x, Conv2d{.out_channels = 16, .kernel = 1, .stride = 2, .bias = false});
      x = net.add("down_bn", x, BatchNorm2d{});
    }
    y = net.apply(Add{}, {y, x});
    net.add("relu", y, ReLU{});
    expect_correct(std::move(net).finish("residual"));
  }
}

TEST(Executor, KeepsASkipThatIsReadAgain) {
  GraphBuilder net("Net", 12);
  const Value x = block(net, "1", net.input(), 16);
  Value y = net.add("conv3", block(net, "2", x, 16), same(16));
  y = net.add("relu", net.apply(Add{}, {x, y}), ReLU{});
  y = net.add("conv4", y, same(16));
  net.apply(Add{}, {y, x});
  expect_correct(std::move(net).finish("read_again"));
}

TEST(Executor, AddsAConvolutionToItsOwnInput) {
  GraphBuilder net("Net", 12);
  const Value x = block(net, "1", net.input(), 16);
  const Value y = net.add("conv2", x, same(16));
  net.add("relu", net.apply(Add{}, {y, x}), ReLU{});
  expect_correct(std::move(net).finish("own_input"));
}

TEST(Executor, AddsThePictureItself) {
  GraphBuilder net("Net", 12);
  const Value x = net.input();
  net.apply(Add{}, {net.add("conv", x, same(3)), x});
  expect_correct(std::move(net).finish("picture"));
}

TEST(Executor, AddsOtherThanConvolutions) {
  GraphBuilder net("Net", 12);
  const Value x = block(net, "1", net.input(), 13);
  const Value pooled = net.add("pool", x, MaxPool2d{.kernel = 3, .stride = 1, .padding = 1});
  const Value sum = net.apply(Add{}, {pooled, x});
  const Value twice = net.apply(Add{}, {sum, sum});
  const Value y = net.add("conv", twice, same(13));
  net.apply(Add{}, {x, y, pooled});
  expect_correct(std::move(net).finish("sums"));
}

TEST(Executor, AddsFlattenedPicturesToFeatures) {
  GraphBuilder net("Net", 6);
  const Value x = block(net, "1", net.input(), 5);
  const Value flat = net.apply(Flatten{}, {x});
  const Value y = net.add("fc", flat, Linear{.out_features = 180});
  net.add("fc2", net.apply(Add{}, {flat, y}), Linear{.out_features = 3});
  expect_correct(std::move(net).finish("flat_residual"));
}

TEST(Executor, ConcatenatesFireModules) {
  for (const std::int64_t channels : {16, 13}) {
    GraphBuilder net("Net", 15);
    Value x = net.add("conv", net.input(), Conv2d{.out_channels = 16, .kernel = 3, .stride = 2});
    x = net.add("squeeze", net.add("relu", x, ReLU{}), same(8, 1));
    x = net.add("squeeze_relu", x, ReLU{});
    const Value a = net.add("expand1_relu", net.add("expand1", x, same(channels, 1)), ReLU{});
    const Value b = net.add("expand3_relu", net.add("expand3", x, same(channels)), ReLU{});
    x = net.apply(Concat{}, {a, b});
    net.add("pool", x, MaxPool2d{.kernel = 3, .stride = 2, .ceil_mode = true});
    expect_correct(std::move(net).finish("fire"));
  }
}

TEST(Executor, RunsInvertedResiduals) {
  GraphBuilder net("Net", 12);
  const Value x = net.add("conv", net.input(), same(16));
  Value y = net.add("bn1", net.add("expand", x, same(96, 1)), BatchNorm2d{});
  y = net.add("relu1", y, ReLU6{});
  y = net.add("depthwise", y,
              Conv2d{.out_channels = 96, .kernel = 3, .padding = 1, .groups = 96, .bias = false});
  y = net.add("relu2", net.add("bn2", y, BatchNorm2d{}), ReLU6{});
  y = net.add("bn3", net.add("project", y, same(16, 1)), BatchNorm2d{});
  net.apply(Add{}, {x, y});
  expect_correct(std::move(net).finish("inverted"));
}

// ConvNeXt's block; `scaled` by a layer scale that is read once, or by one that cannot be folded.
TEST(Executor, RunsBlocksWithChannelsLast) {
  for (const bool foldable : {true, false}) {
    GraphBuilder net("Net", 8);
    const Value x = net.add("stem", net.input(), same(16));
    Value y =
        net.add("conv", x, Conv2d{.out_channels = 16, .kernel = 7, .padding = 3, .groups = 16});
    y = net.add("permute", y, Permute{{0, 2, 3, 1}});
    y = net.add("norm", y, LayerNorm{});
    y = net.add("gelu", net.add("fc1", y, Linear{.out_features = 64}), GELU{});
    y = net.add("fc2", y, Linear{.out_features = 16});
    if (!foldable) y = net.add("tanh", y, Tanh{});
    y = net.add("back", y, Permute{{0, 3, 1, 2}});
    y = net.apply(Multiply{}, {y, net.own(Parameter{"layer_scale", {16, 1, 1}})});
    y = net.add("depth", y, StochasticDepth{0.5});
    y = net.apply(Add{}, {y, x});
    y = net.add("norm2", y, LayerNorm{.channels_first = true});
    net.add("conv2", y, Conv2d{.out_channels = 8, .kernel = 2, .stride = 2});
    expect_correct(std::move(net).finish("channels_last"));
  }
}

TEST(Executor, RunsTransformers) {
  for (const bool scaled : {true, false}) {
    GraphBuilder net("Net", 12);
    Value x = net.add("patches", net.input(), Conv2d{.out_channels = 24, .kernel = 4, .stride = 4});
    const Value token = net.own(Parameter{"token", {1, 1, 24}});
    x = net.apply(EmbedPatches{.grid = 3}, {x, token, net.own(Parameter{"pos", {1, 10, 24}})});
    Value y = net.add("norm", x, LayerNorm{});
    y = net.own("in_proj", y, Linear{.out_features = 72, .role = Linear::Role::kInProjection});
    y = net.add("out", net.apply(Attention{3}, {y}), Linear{.out_features = 24});
    if (scaled) y = net.apply(Multiply{}, {y, net.own(Parameter{"gamma", {24}})});
    x = net.apply(Add{}, {x, net.add("dropout", y, Dropout{})});
    y = net.add("fc1", net.add("norm2", x, LayerNorm{}), Linear{.out_features = 40});
    y = net.add("fc2", net.add("gelu", y, GELU{}), Linear{.out_features = 24});
    x = net.add("norm3", net.apply(Add{}, {x, y}), LayerNorm{});
    net.add("head", net.apply(SelectToken{0}, {x}), Linear{.out_features = 5});
    expect_correct(std::move(net).finish("transformer"));
  }
}

class Windows : public testing::TestWithParam<WindowAttention> {};

TEST_P(Windows, EqualTheDefinition) {
  const WindowAttention layer = GetParam();
  GraphBuilder net("Net", {8, 12});
  Value x = net.apply(Permute{{0, 2, 3, 1}}, {net.add("conv", net.input(), same(6))});
  const std::int64_t offsets = (2 * layer.window.height - 1) * (2 * layer.window.width - 1);
  const auto role = layer.cosine ? Linear::Role::kUnbiasedKeys : Linear::Role::kPlain;
  std::vector<Value> inputs{net.add("qkv", x, Linear{.out_features = 24, .role = role}),
                            net.own(Parameter{"table", {offsets, layer.heads}})};
  if (layer.cosine) inputs.push_back(net.own(Parameter{"scale", {layer.heads, 1, 1}}));
  x = net.add("proj", net.apply(layer, inputs), Linear{.out_features = 6});
  net.add("reduction", net.apply(PatchMerging{}, {x}), Linear{.out_features = 3, .bias = false});
  expect_correct(std::move(net).finish("windows"));
}

INSTANTIATE_TEST_SUITE_P(
    Executor, Windows,
    testing::Values(WindowAttention{.heads = 2, .window = 4},
                    WindowAttention{.heads = 2, .window = 4, .shift = 2},
                    WindowAttention{.heads = 4, .window = {8, 4}, .shift = {4, 1}},
                    WindowAttention{.heads = 1, .window = 4, .dilated = true, .scale = 0.3F},
                    WindowAttention{.heads = 2, .window = 4, .shift = 1, .cosine = true}));

TEST(Executor, MergesPatchesOfOddExtents) {
  GraphBuilder net("Net", {5, 7});
  const Value x = net.apply(Permute{{0, 2, 3, 1}}, {net.input()});
  net.apply(PatchMerging{}, {x});
  expect_correct(std::move(net).finish("odd"));
}

TEST(Executor, RunsHeads) {
  for (const Pair pooled : {Pair(1), Pair(3), Pair(5)}) {
    GraphBuilder net("Net", 12);
    Value x = net.add("pool", block(net, "1", net.input(), 24), AdaptiveAvgPool2d{pooled});
    x = net.add("dropout", net.apply(Flatten{}, {x}), Dropout{});
    x = net.add("fc1", x, Linear{.out_features = 33});
    x = net.add("dropout2", net.add("relu", x, ReLU{}), Dropout{});
    x = net.add("fc2", x, Linear{.out_features = 20, .bias = false});
    net.add("fc3", net.add("relu", x, ReLU{}), Linear{.out_features = 7});
    expect_correct(std::move(net).finish("head"));
  }
}

TEST(Executor, SharesModulesWithoutParameters) {
  GraphBuilder net("Net", 12);
  Value x = net.add("relu", net.add("conv1", net.input(), same(8)), ReLU{});
  x = net.add("relu", net.add("conv2", x, same(8)), ReLU{});
  net.add("relu", net.add("conv3", x, same(8)), ReLU{});
  expect_correct(std::move(net).finish("shared"));
}

// A network that has every kind of layer, small enough for the reference.
Graph every_layer() {
  GraphBuilder net("Net", {14, 10});
  Value x = block(net, "1", net.input(), 16);
  Value y = net.add("conv3", block(net, "2", x, 16), same(16));
  x = net.add("relu", net.apply(Add{}, {y, x}), ReLU{});
  y = net.add("depthwise", x, Conv2d{.out_channels = 16, .kernel = 3, .padding = 1, .groups = 16});
  y = net.add("relu6", y, ReLU6{});
  x = net.apply(Concat{}, {x, y});
  x = net.add("pool", x, MaxPool2d{.kernel = 3, .stride = 2, .ceil_mode = true});
  x = net.add("average", net.add("bn", x, BatchNorm2d{}), AdaptiveAvgPool2d{3});
  x = net.add("dropout", net.apply(Flatten{}, {x}), Dropout{});
  net.add("fc", x, Linear{.out_features = 10});
  return std::move(net).finish("every_layer");
}

TEST(Executor, GivesEveryNodeOfANetwork) { expect_correct(every_layer()); }

TEST(Executor, GivesOneNodeInTheMiddleAndTheLast) {
  const Graph graph = every_layer();
  for (NodeId middle = 0; middle < graph.nodes.size(); ++middle) {
    expect_outputs(graph, {middle, graph.output()});
  }
}

TEST(Executor, GivesTheSameForAPictureInAnyBatch) {
  const Graph graph = every_layer();
  const Executor executor(graph, seeded_state(graph), {graph.output()});
  const Tensor nine = pictures_for(graph, 9);
  const std::vector<float> want = run(executor, nine, graph.output());
  const std::size_t pixels = nine.floats().size() / 9;
  for (std::int64_t batch = 1; batch <= 9; ++batch) {
    const auto count = static_cast<std::size_t>(batch);
    const std::size_t first = 9 - count;
    Shape shape = nine.shape();
    shape[0] = batch;
    const Tensor some = Tensor::from(nine.floats().subspan(first * pixels), shape);
    const std::vector<float> got = run(executor, some, graph.output());
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_NEAR(got[i], want[first * 10 + i], 1e-5) << batch << " pictures, " << i;
    }
  }
}

TEST(Executor, RunsFromSeveralThreadsAtOnce) {
  const Graph graph = every_layer();
  const NodeId middle = 8;
  const Executor executor(graph, seeded_state(graph), {middle, graph.output()});
  struct Task {
    Tensor pictures;
    NodeId output;
    std::vector<float> want, got;
  };
  std::vector<Task> tasks;
  for (std::int64_t i = 0; i < 64; ++i) {
    Tensor pictures = pictures_for(graph, 1 + i % 5);
    // Each task's pictures are its own, so that mixed up results show.
    for (float& value : pictures.mutable_floats()) value += 0.01F * static_cast<float>(i);
    tasks.push_back({pictures, i % 2 == 0 ? middle : graph.output(), {}, {}});
  }
  parallel_for(tasks.size(), 4, [&](std::size_t i, int) {
    tasks[i].got = run(executor, tasks[i].pictures, tasks[i].output);
  });
  for (Task& task : tasks) {
    task.want = run(executor, task.pictures, task.output);
    EXPECT_EQ(task.got, task.want);
  }
}

TEST(Executor, TakesPicturesOfAnotherSize) {
  const Graph graph = every_layer();
  const Executor executor(graph, seeded_state(graph), {1}, {.input_size = {9, 21}});
  EXPECT_EQ(executor.output_shape(1), (Shape{16, 9, 21}));
  const Tensor pictures = seeded_pictures({1, 3, 9, 21});
  const auto want = reference::evaluate(graph, seeded_state(graph), pictures);
  expect_close(run(executor, pictures, 1), want[1].numbers);
}

TEST(Executor, KeepsWhatItNeedsOfTheParameters) {
  const Graph graph = every_layer();
  StateDict state = seeded_state(graph);
  const Tensor pictures = pictures_for(graph, 1);
  const auto want = reference::evaluate(graph, state, pictures);
  const Executor executor(graph, state, {graph.output()});
  state.clear();
  expect_close(run(executor, pictures, graph.output()), want.back().numbers);
}

TEST(Executor, NeedsNoParametersBeyondItsOutputs) {
  const Graph graph = every_layer();
  StateDict state = seeded_state(graph);
  state.erase("fc.weight");
  EXPECT_NO_THROW(Executor(graph, state, {graph.output() - 1}));
}

std::string message_of(const Graph& graph, const StateDict& state) {
  try {
    const Executor executor(graph, state, {graph.output()});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Executor, NamesAMissingParameter) {
  const Graph graph = every_layer();
  for (const char* name :
       {"conv1.weight", "bn1.running_var", "conv3.bias", "fc.weight", "bn.bias"}) {
    StateDict state = seeded_state(graph);
    state.erase(name);
    EXPECT_THAT(message_of(graph, state), testing::HasSubstr(name));
  }
}

TEST(Executor, NamesAWronglyShapedParameter) {
  const Graph graph = every_layer();
  for (const char* name : {"conv1.weight", "bn1.running_mean", "fc.bias"}) {
    StateDict state = seeded_state(graph);
    state[name] = Tensor(DType::kFloat32, {2, 5});
    EXPECT_THAT(message_of(graph, state),
                testing::AllOf(testing::HasSubstr(name), testing::HasSubstr("[2, 5]")));
  }
}

TEST(Executor, RefusesPicturesThatAreTooSmall) {
  const Graph graph = one_layer(Conv2d{.out_channels = 4, .kernel = 7}, 11);
  const StateDict state = seeded_state(graph);
  EXPECT_THROW(Executor(graph, state, {1}, {.input_size = {5, 5}}), Error);
}

TEST(Executor, ComputesInBFloat16WhereTheProcessorDoes) {
  const Graph graph = every_layer();
  const StateDict state = seeded_state(graph);
  const ExecutorOptions options{.precision = Precision::kBFloat16};
  if (!has_native_bfloat16()) {
    EXPECT_THROW(Executor(graph, state, {graph.output()}, options), Error);
    GTEST_SKIP() << "this processor has no bfloat16 arithmetic";
  }
  const Tensor pictures = pictures_for(graph, 3);
  const auto want = reference::evaluate(graph, state, pictures);
  std::vector<NodeId> all;
  for (NodeId id = 0; id < graph.nodes.size(); ++id) all.push_back(id);
  for (const std::vector<NodeId>& outputs : {std::vector{graph.output()}, all}) {
    const Executor executor(graph, state, outputs, options);
    for (const NodeId output : outputs) {
      const std::vector<float> got = run(executor, pictures, output);
      EXPECT_GE(cosine_similarity(got, want[output].numbers), 0.999) << graph.nodes[output].name;
    }
  }
}

}  // namespace
}  // namespace engraft
