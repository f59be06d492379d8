#include "graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engraft/error.h"
#include "graph/builder.h"
#include "graph/select.h"

namespace engraft::graph {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// conv → bn → relu → [conv → bn] + shortcut → relu → pool → dropout → linear → dropout → linear
Graph small_network() {
  GraphBuilder net("Small", {16, 16});
  Value x = net.input();
  x = net.add("conv", x, Conv2d{.out_channels = 8, .kernel = 3, .padding = 1, .bias = false});
  x = net.add("bn", x, BatchNorm2d{});
  x = net.add("relu", x, ReLU{});
  {
    auto block = net.open("block", "Block");
    Value y = net.add("conv", x, Conv2d{.out_channels = 8, .kernel = 3, .padding = 1});
    y = net.add("bn", y, BatchNorm2d{});
    Value z = x;
    {
      const auto shortcut = net.open("shortcut", "Sequential");
      z = net.add(z, Conv2d{.out_channels = 8});
    }
    x = net.apply(Add{}, {y, z});
    x = net.add("relu", x, ReLU{});
    block.order({"relu", "conv"});
  }
  x = net.add("pool", x, AdaptiveAvgPool2d{2});
  x = net.apply(Flatten{}, {x});
  {
    const auto classifier = net.open("classifier", "Sequential");
    x = net.add(x, Dropout{});
    x = net.add(x, Linear{.out_features = 16});
    x = net.add(x, Dropout{});
    net.add(x, Linear{.out_features = 5});
  }
  return std::move(net).finish("small");
}

std::string name_at(const Graph& graph, NodeId id) { return graph.nodes[id].name; }

NodeId cut(const Graph& graph, const std::vector<std::string>& patterns, Mode mode) {
  return find_cut(graph, select_parameters(graph, patterns), mode);
}

TEST(GraphBuilder, TakesChannelCountsFromInputs) {
  const Graph graph = small_network();
  const auto parameters = named_parameters(graph);
  EXPECT_EQ(parameters[0].name, "conv.weight");
  EXPECT_EQ(parameters[0].shape, (base::Shape{8, 3, 3, 3}));
  EXPECT_EQ(infer_shapes(graph, 2, 16).back(), (base::Shape{2, 5}));
}

TEST(GraphBuilder, KeepsTheOrderOfRegistration) {
  EXPECT_THAT(named_modules(small_network()),
              ElementsAre("conv", "bn", "relu", "block", "block.relu", "block.conv", "block.bn",
                          "block.shortcut", "block.shortcut.0", "pool", "classifier",
                          "classifier.0", "classifier.1", "classifier.2", "classifier.3"));
}

TEST(Graph, ReplacesTheHead) {
  const Graph graph = with_classes(small_network(), 2);
  EXPECT_EQ(class_count(graph), 2);
  EXPECT_EQ(infer_shapes(graph, 1, 16).back(), (base::Shape{1, 2}));
  EXPECT_THAT(
      print_graph(graph),
      HasSubstr("(3): Linear(in_features=16, out_features=2, bias=True)  # 2, 34 parameters"));
}

TEST(Graph, RefusesPicturesThatAreTooSmall) {
  GraphBuilder net("Net", {8, 8});
  net.add("conv", net.input(), Conv2d{.out_channels = 1, .kernel = 5});
  const Graph graph = std::move(net).finish("net");
  EXPECT_THROW(infer_shapes(graph, 1, 4), Error);
}

// A head that is not what the logits are made of, or that gives a number for each pixel: files may
// have such, and would be computed into too little memory.
TEST(Graph, ClassifiersGiveAsManyLogitsAsTheirHead) {
  GraphBuilder builder("net", 8);
  const auto picture = builder.input();
  const auto map = builder.add("head", picture, Conv2d{.out_channels = 5, .kernel = 8});
  builder.apply(Flatten{}, {map});
  const Graph whole = std::move(builder).finish("whole");
  EXPECT_NO_THROW(require_logits(whole, 8));
  EXPECT_NO_THROW(require_logits(with_classes(whole, 3), 8));
  EXPECT_THROW(require_logits(whole, 9), Error);  // 2 × 2 places
  EXPECT_THROW(require_logits(whole, 7), Error);

  Graph beside = whole;
  beside.nodes.push_back({"other", "", AdaptiveAvgPool2d{1}, {0}});
  beside.nodes.push_back({"flat", "", Flatten{}, {3}});  // as many as channels
  EXPECT_THROW(require_logits(beside, 8), Error);
}

// Auxiliary heads come later than the head in some files.
TEST(Graph, TheHeadIsWhatTheLogitsDependOn) {
  const Linear five{.in_features = 3, .out_features = 5};
  const Graph graph{.architecture = "net",
                    .input_size = 8,
                    .nodes = {{"input", "", Input{3}, {}},
                              {"pool", "", AdaptiveAvgPool2d{1}, {0}},
                              {"flat", "", Flatten{}, {1}},
                              {"head", "head", five, {2}},
                              {"auxiliary", "auxiliary", five, {2}},
                              {"dropout", "", Dropout{}, {3}}},
                    .root = {}};
  EXPECT_EQ(graph.nodes[head_of(graph)].name, "head");
  EXPECT_EQ(infer_shapes(with_classes(graph, 3), 1, 8).back(), (base::Shape{1, 3}));
}

TEST(Cut, IsBeforeTheFirstDropoutInTrainingAndBeforeTheHeadInEvaluation) {
  const Graph graph = small_network();
  EXPECT_EQ(name_at(graph, cut(graph, {"head"}, Mode::kTrain)), "flatten");
  EXPECT_EQ(name_at(graph, cut(graph, {"head"}, Mode::kEval)), "classifier.2");
}

TEST(Cut, DoesNotSplitAResidualBlock) {
  const Graph graph = small_network();
  EXPECT_EQ(name_at(graph, cut(graph, {"block.bn.*"}, Mode::kEval)), "relu");
  EXPECT_EQ(name_at(graph, cut(graph, {"block.shortcut.*"}, Mode::kTrain)), "relu");
}

TEST(Cut, IsThePictureWhereTheFirstLayerLearns) {
  const Graph graph = small_network();
  EXPECT_EQ(cut(graph, {"conv.weight"}, Mode::kEval), 0U);
  EXPECT_EQ(cut(graph, {"all"}, Mode::kTrain), 0U);
}

TEST(Cut, IsNotWithinALongConnection) {
  GraphBuilder net("Skip", {8, 8});
  const Value start = net.input();
  Value x = net.add("first", start, Conv2d{.out_channels = 3});
  const Value kept = x;
  for (int i = 0; i < 3; ++i) x = net.add("relu" + std::to_string(i), x, ReLU{});
  x = net.apply(Add{}, {x, kept});
  net.add("last", x, Conv2d{.out_channels = 2});
  const Graph graph = std::move(net).finish("skip");
  EXPECT_EQ(name_at(graph, cut(graph, {"last.*"}, Mode::kTrain)), "add");
  EXPECT_EQ(name_at(graph, cut(graph, {"first.*"}, Mode::kTrain)), "input");
}

TEST(Select, TakesNamesGlobsHeadAndAll) {
  const Graph graph = small_network();
  const auto select = [&](std::vector<std::string> patterns) {
    return select_parameters(graph, patterns);
  };
  EXPECT_THAT(select({"head"}), ElementsAre("classifier.3.bias", "classifier.3.weight"));
  EXPECT_THAT(select({"conv.*", "classifier.1.bias"}),
              ElementsAre("classifier.1.bias", "conv.weight"));
  EXPECT_EQ(select({"all"}).size(), 13U);  // buffers cannot learn
}

TEST(Select, NamesTheNearestWhereNothingFits) {
  const Graph graph = small_network();
  try {
    select_parameters(graph, std::vector<std::string>{"classifier.4.weight"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("classifier.1.weight, classifier.3.weight"));
  }
  EXPECT_THROW(select_parameters(graph, std::vector<std::string>{"bn.running_mean"}), Error);
}

}  // namespace
}  // namespace engraft::graph
