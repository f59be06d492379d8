// Files that nobody's exporter wrote: each is an Error, soon and in little memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"
#include "graph/graph_json.h"
#include "onnx/import.h"
#include "onnx/testing/written_onnx.h"

namespace engraft::onnx {
namespace {

using testing::HasSubstr;
using Ints = std::vector<std::int64_t>;

constexpr std::int64_t kHuge = std::int64_t{1} << 60;
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

// In at most ten seconds, under sanitizers too.
std::string problem_of(const WrittenOnnx& net) {
  const auto begin = std::chrono::steady_clock::now();
  const std::string file = net.file();
  const std::string problem = base::message_of<Error>(
      [&] { import_onnx(std::as_bytes(std::span(file)), nullptr, "net.onnx"); });
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  return problem;
}

TEST(HostileOnnx, MatricesAreMatrices) {
  const auto product = [](const char* type, const base::Shape& shape) {
    WrittenOnnx net;
    net.nodes = {{"Flatten", {"x"}, "f"}, {type, {"f", "w"}, "y"}};
    net.tensors = {
        {"w", shape, std::vector<float>(static_cast<std::size_t>(base::element_count(shape)))}};
    return net;
  };
  for (const char* type : {"MatMul", "Gemm"}) {
    EXPECT_THAT(problem_of(product(type, {})), HasSubstr("is no matrix"));
    EXPECT_THAT(problem_of(product(type, {192})), HasSubstr("is no matrix"));
    EXPECT_THAT(problem_of(product(type, {192, 1, 1})), HasSubstr("is no matrix"));
    EXPECT_THAT(problem_of(product(type, {kHuge, 0})), HasSubstr("impossible"));
    EXPECT_THAT(problem_of(product(type, {0, kHuge})), HasSubstr("impossible"));
  }
}

TEST(HostileOnnx, ParametersHaveTheShapesOfTheirLayers) {
  WrittenOnnx net;
  net.nodes = {{"Flatten", {"x"}, "f"}, {"Gemm", {"f", "w", "b"}, "y", {{"transB", 1}}}};
  net.tensors = {{"w", {2, 192}, std::vector<float>(384)}, {"b", {1}, {1}}};
  EXPECT_THAT(problem_of(net), HasSubstr("cannot take the shape [2]"));
  net.nodes = {{"BatchNormalization", {"x", "one", "one", "one", "one"}, "b"},
               {"Flatten", {"b"}, "y"}};
  net.tensors = {{"one", {1}, {1}}};
  EXPECT_THAT(problem_of(net), HasSubstr("has the shape [1] where [3] is needed"));
}

TEST(HostileOnnx, NodesHaveInputsAndOutputs) {
  WrittenOnnx net;
  const auto node = [](const std::string& type, const std::vector<std::string>& inputs) {
    std::string text = field(4, type);
    for (const std::string& input : inputs) text += field(1, input);
    return text;
  };
  for (const char* type : {"Sub", "Split", "ReduceMean", "Constant", "MaxPool"}) {
    net.messages = {node("ReduceMean", {"x"}) + field(2, std::string("m")), node(type, {"m", "m"})};
    EXPECT_THAT(problem_of(net), HasSubstr("gives nothing")) << type;
  }
  for (const char* type : {"Relu", "Concat", "Erf", "ReduceMean", "Clip", "Sigmoid", "HardSigmoid",
                           "Transpose", "Unsqueeze", "Identity", "Conv", "Split", "Shape"}) {
    net.messages = {node(type, {}) + field(2, std::string("y"))};
    EXPECT_NE(problem_of(net), "") << type;
  }
}

TEST(HostileOnnx, PermutationsSplitsAndIndicesAreChecked) {
  const auto with = [](const WrittenOnnxNode& node, const Ints& constant = {0}) {
    WrittenOnnx net;
    net.nodes = {node, {"Flatten", {"t"}, "y"}};
    net.tensors = {{"c", {std::ssize(constant)}, {}, constant}};
    return problem_of(net);
  };
  for (const Ints& order : {Ints{0, 9, 9, 9}, Ints{0, 1, 1, 2}, Ints{0, 1, 2, (1LL << 32U) + 3}}) {
    EXPECT_NE(with({"Transpose", {"x"}, "t", {}, "", {{"perm", order}}}), "");
  }
  for (const std::int64_t size : {kLargest, std::int64_t{0}, std::int64_t{-1}, std::int64_t{4}}) {
    EXPECT_THAT(with({"Split", {"x"}, "t", {{"axis", 1}}, "", {{"split", {size}}}}),
                HasSubstr("one of its parts"));
  }
  for (const std::int64_t index : {kLargest, -kLargest, std::int64_t{3}, std::int64_t{-4}}) {
    EXPECT_THAT(with({"Gather", {"x", "c"}, "t", {{"axis", 1}}}, {index}), HasSubstr("range"));
  }
  for (const Ints& shape :
       {Ints{1LL << 62U, 4}, Ints{1, 1LL << 62U, 4, 8, 8}, Ints{-1, 0, kHuge}}) {
    EXPECT_NE(with({"Reshape", {"x", "c"}, "t"}, shape), "");
  }
  const Ints pads{0, 0, 1LL << 62U, 1LL << 62U, 0, 0, 1LL << 62U, 1LL << 62U};
  WrittenOnnx net;
  net.nodes = {{"Pad", {"x"}, "p", {}, "", {{"pads", pads}}},
               {"MaxPool", {"p"}, "m", {}, "", {{"kernel_shape", {1, 1}}}},
               {"Flatten", {"m"}, "y"}};
  EXPECT_NE(problem_of(net), "");
  net.nodes[1].lists["pads"] = {1LL << 62U, 1LL << 62U, 1LL << 62U, 1LL << 62U};
  net.nodes[0].lists["pads"] = {0, 0, 1LL << 62U, 1LL << 62U, 0, 0, 1LL << 62U, 1LL << 62U};
  net.nodes[1].type = "AveragePool";
  net.nodes[1].integers["count_include_pad"] = 1;
  EXPECT_THAT(problem_of(net), HasSubstr("far too large"));
  net.nodes = {{"Conv", {"x", "w"}, "c", {{"group", 1LL << 62U}}}, {"Flatten", {"c"}, "y"}};
  net.tensors = {{"w", {4, 3, 1, 1}, std::vector<float>(12)}};
  EXPECT_NE(problem_of(net), "");
}

// What is computed from constants alone, and then used.
std::string problem_of_folding(const std::vector<WrittenOnnxNode>& nodes,
                               const std::vector<WrittenOnnxTensor>& tensors) {
  WrittenOnnx net;
  net.nodes = nodes;
  net.nodes.push_back({"Reshape", {"x", nodes.back().output}, "y"});
  net.tensors = tensors;
  return problem_of(net);
}

TEST(HostileOnnx, ConstantsAreCombinedOnlyAsTheyFit) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const WrittenOnnxTensor shape{"s", {2}, {}, {1, 192}};
  EXPECT_THAT(problem_of_folding({{"Gather", {"s", "i"}, "g"}}, {shape, {"i", {1}, {nan}}}),
              HasSubstr("out of range"));
  EXPECT_THAT(problem_of_folding({{"Slice", {"s"}, "g"}}, {shape}), HasSubstr("needs 3 inputs"));
  EXPECT_THAT(problem_of_folding({{"Slice", {"s", "e", "e"}, "g"}}, {shape, {"e", {0}, {}}}),
              HasSubstr("lacks a beginning"));
  EXPECT_THAT(problem_of_folding({{"Add", {"s"}, "g"}}, {shape}), HasSubstr("needs 2 inputs"));
  EXPECT_THAT(problem_of_folding({{"Add", {"s", "e"}, "g"}}, {shape, {"e", {0}, {}}}),
              HasSubstr("different sizes"));
  EXPECT_THAT(problem_of_folding({{"Div", {"s", "z"}, "g"}}, {shape, {"z", {1}, {}, {0}}}),
              HasSubstr("no whole number"));
  EXPECT_THAT(problem_of_folding({{"Cast", {"f"}, "g", {{"to", 7}}}}, {{"f", {1}, {8e33F}}}),
              HasSubstr("no whole number"));
  EXPECT_THAT(problem_of_folding({{"Cast", {"f"}, "g", {{"to", 7}}}}, {{"f", {1}, {nan}}}),
              HasSubstr("no whole number"));
  // "To the end", as exporters write it.
  EXPECT_EQ(problem_of_folding({{"Unsqueeze", {"e"}, "u"}, {"Slice", {"s", "b", "u"}, "g"}},
                               {shape, {"b", {1}, {}, {0}}, {"e", {}, {}, {kLargest}}}),
            "");
}

TEST(HostileOnnx, FewConstantsDoNotBecomeMany) {
  std::vector<WrittenOnnxNode> nodes;
  std::string last = "s";
  for (int i = 0; i < 40; ++i) {
    nodes.push_back({"Concat", {last, last}, "c" + std::to_string(i)});
    last = nodes.back().output;
  }
  EXPECT_THAT(problem_of_folding(nodes, {{"s", {2}, {}, {1, 192}}}), HasSubstr("far more numbers"));
  // Nor scalars, by way of channels.
  WrittenOnnx net;
  last = "x";
  for (int i = 0; i < 22; ++i) {
    net.nodes.push_back({"Concat", {last, last}, "c" + std::to_string(i)});
    last = net.nodes.back().output;
  }
  for (int i = 0; i < 100; ++i) {
    net.nodes.push_back({"Add", {last, "one"}, "a" + std::to_string(i)});
    last = net.nodes.back().output;
  }
  net.nodes.push_back({"Flatten", {last}, "y"});
  net.tensors = {{"one", {1}, {1}}};
  net.input_shape = {1, 3, 1, 1};
  EXPECT_THAT(problem_of(net), HasSubstr("far more numbers"));
}

TEST(HostileOnnx, SizesHaveBounds) {
  WrittenOnnx net;
  net.nodes = {{"Flatten", {"x"}, "y"}};
  for (const base::Shape& shape : {base::Shape{1, 3, kHuge, kHuge}, base::Shape{1, 3, 1 << 20, 1},
                                   base::Shape{1, 3, 1, 20'000}}) {
    net.input_shape = shape;
    EXPECT_THAT(problem_of(net), HasSubstr("possible")) << base::to_string(shape);
  }
  net.input_shape = {1, 3, 8, 8};
  net.nodes.assign(30'000, {"Relu", {"x"}, "y"});
  EXPECT_THAT(problem_of(net), HasSubstr("more than 20000 operators"));
}

// No name in a message acts on the terminal, and none fills it.
TEST(HostileOnnx, NamesInMessagesAreHarmless) {
  WrittenOnnx net;
  net.nodes = {{"Relu", {"\x1b[2J"}, "y", {}, "\x1b]0;title\a"}};
  EXPECT_THAT(problem_of(net), testing::Not(HasSubstr("\x1b")));
  net.nodes = {{"Re\x1b[2Jlu", {"x"}, "y"}};
  EXPECT_THAT(problem_of(net), testing::Not(HasSubstr("\x1b")));
  net.nodes = {{"Relu", {std::string(100'000, 'a')}, "y", {}, std::string(100'000, 'b')}};
  EXPECT_LT(problem_of(net).size(), 1000U);
}

// class ConvReLU(nn.Conv2d), which calls relu() on what it gives; and what is named like it.
TEST(HostileOnnx, ModulesWithParametersMayCallFunctions) {
  WrittenOnnx net;
  net.nodes = {{"Conv", {"x", "conv1.weight"}, "c", {}, "/conv1/Conv"},
               {"Relu", {"c"}, "r", {}, "/conv1/Relu"},
               {"Relu", {"r"}, "s", {}, "/conv1/Relu"},
               {"Conv", {"s", "conv1.inner.weight"}, "d", {}, "/conv1/inner/Conv"},
               {"Relu", {"d"}, "t", {}, "/conv1/inner/deep/Relu"},
               {"Flatten", {"t"}, "y"}};
  net.tensors = {{"conv1.weight", {3, 3, 1, 1}, std::vector<float>(9)},
                 {"conv1.inner.weight", {3, 3, 1, 1}, std::vector<float>(9)}};
  const std::string file = net.file();
  const graph::Graph graph = import_onnx(std::as_bytes(std::span(file)), nullptr, "net.onnx").graph;
  std::vector<std::string> names;
  for (const graph::Node& node : graph.nodes) names.push_back(node.name);
  EXPECT_THAT(names, testing::ElementsAre("input", "conv1", "conv1_relu", "conv1_relu_1",
                                          "conv1_inner", "conv1_inner_deep.relu", "flatten"));
}

// Such a network is trained on before it is saved, which must then work.
TEST(HostileOnnx, NamesThatAreNoUtf8AreNotTaken) {
  WrittenOnnx net;
  net.nodes = {{"Flatten", {"x"}, "f", {}, "/\xff\xfe/Flatten"},
               {"Gemm", {"f", "w"}, "y", {{"transB", 1}}, "/layer\xe9/Gemm"}};
  net.tensors = {{"w", {2, 192}, std::vector<float>(384)}};
  const std::string file = net.file();
  const auto network = import_onnx(std::as_bytes(std::span(file)), nullptr, "net.onnx");
  EXPECT_NO_THROW(graph::to_json(network.graph));
  const base::TestFolder folder;
  folder.write("n\xe9t.onnx", file);
  EXPECT_NO_THROW(graph::to_json(import_onnx(folder.path() / "n\xe9t.onnx").graph));
}

}  // namespace
}  // namespace engraft::onnx
