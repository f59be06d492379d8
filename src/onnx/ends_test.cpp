#include "onnx/ends.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"
#include "infer/executor.h"
#include "onnx/testing/written_onnx.h"

namespace engraft::onnx {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// Nodes that make of x the logits, "l": means of three channels, and as many classes.
std::vector<WrittenOnnxNode> classifier(const std::string& x) {
  return {{"GlobalAveragePool", {x}, "p"},
          {"Flatten", {"p"}, "f"},
          {"Gemm", {"f", "w"}, "l", {{"transB", 1}}}};
}

WrittenOnnxTensor weights(std::int64_t classes = 3) {
  std::vector<float> values(static_cast<std::size_t>(classes * 3), 0);
  for (std::size_t k = 0; k < static_cast<std::size_t>(classes); ++k) values[k * 3 + k % 3] = 1;
  return {"w", {classes, 3}, values};
}

WrittenOnnx network(const std::vector<WrittenOnnxNode>& before,
                    const std::vector<WrittenOnnxNode>& behind, std::int64_t classes = 3) {
  WrittenOnnx net;
  net.nodes = before;
  const std::vector<WrittenOnnxNode> middle =
      classifier(before.empty() ? "x" : before.back().output);
  net.nodes.insert(net.nodes.end(), middle.begin(), middle.end());
  net.nodes.insert(net.nodes.end(), behind.begin(), behind.end());
  net.tensors = {weights(classes)};
  net.outputs = {net.nodes.back().output};
  return net;
}

ImportedNetwork import(const WrittenOnnx& net) {
  const base::TestFolder folder;
  folder.write("net.onnx", net.file());
  return import_onnx(folder.path() / "net.onnx");
}

std::string problem_of(const WrittenOnnx& net) {
  return base::message_of<Error>([&] { import(net); });
}

// The logits of a picture whose channels are 1, 2 and 4 throughout.
std::vector<float> logits_of(const WrittenOnnx& net) {
  const ImportedNetwork network = import(net);
  const infer::Executor executor(network.graph, network.parameters, {network.graph.output()});
  const auto pixels = static_cast<std::size_t>(net.input_shape[2] * net.input_shape[3]);
  std::vector<float> picture;
  for (const float value : {1.0F, 2.0F, 4.0F}) picture.insert(picture.end(), pixels, value);
  std::vector<float> logits(static_cast<std::size_t>(graph::class_count(network.graph)));
  executor.run(picture, network.graph.output(), logits);
  return logits;
}

TEST(OnnxEnds, ALastSoftmaxIsLeftOut) {
  const std::vector<std::vector<WrittenOnnxNode>> endings = {
      {},
      {{"Softmax", {"l"}, "y"}},
      {{"LogSoftmax", {"l"}, "y", {{"axis", 1}}}},
      {{"Softmax", {"l"}, "s", {{"axis", -1}}}, {"Identity", {"s"}, "y"}},
      {{"Identity", {"l"}, "i"}, {"Softmax", {"i"}, "s"}, {"Flatten", {"s"}, "y"}}};
  for (const auto& ending : endings) {
    const WrittenOnnx net = network({}, ending);
    EXPECT_EQ(import(net).output, OutputKind::kLogits);
    EXPECT_THAT(logits_of(net), ElementsAre(1, 2, 4));
  }
}

TEST(OnnxEnds, ASoftmaxWithinIsNeverLeftOut) {
  WrittenOnnx net = network({}, {{"Softmax", {"l"}, "s"}, {"Gemm", {"s", "w"}, "y"}});
  EXPECT_THAT(problem_of(net), AllOf(HasSubstr("Softmax s: "), HasSubstr("at the end")));
  // The mean of two networks' probabilities.
  net = network({}, {{"Softmax", {"l"}, "a"}, {"Softmax", {"f"}, "b"}, {"Add", {"a", "b"}, "y"}});
  EXPECT_THAT(problem_of(net), HasSubstr("at the end"));
  // Over pixels instead of classes.
  net = network({}, {});
  net.nodes = {{"Softmax", {"x"}, "s", {{"axis", -1}}}, {"Flatten", {"s"}, "y"}};
  net.outputs = {"y"};
  EXPECT_THAT(problem_of(net), HasSubstr("all classes"));
}

TEST(OnnxEnds, ALastSigmoidIsToldApart) {
  const WrittenOnnx one = network({}, {{"Sigmoid", {"l"}, "y"}}, 1);
  EXPECT_EQ(import(one).output, OutputKind::kSigmoid);
  EXPECT_THAT(logits_of(one), ElementsAre(1));
  const WrittenOnnx several = network({}, {{"Sigmoid", {"l"}, "y"}});
  EXPECT_EQ(import(several).output, OutputKind::kSigmoid);
  const WrittenOnnx within = network({}, {{"Sigmoid", {"l"}, "s"}, {"Gemm", {"s", "w"}, "y"}});
  EXPECT_EQ(import(within).output, OutputKind::kLogits);
}

// Labels and the like beside the logits may be of any operators.
TEST(OnnxEnds, WhatTheOutputDoesNotNeedIsNotLookedAt) {
  WrittenOnnx net = network({}, {{"Softmax", {"l"}, "y"}, {"ArgMax", {"l"}, "label"}});
  net.outputs = {"y", "label"};
  EXPECT_THAT(logits_of(net), ElementsAre(1, 2, 4));
}

// Of numbers before the network: Sub with one, Div by another.
WrittenOnnx normalising(const std::vector<float>& mean, const std::vector<float>& deviation) {
  WrittenOnnx net = network(
      {{"Cast", {"x"}, "c", {{"to", 1}}}, {"Sub", {"c", "m"}, "a"}, {"Div", {"a", "d"}, "b"}}, {});
  const auto tensor = [](const char* name, const std::vector<float>& values) {
    const auto count = static_cast<std::int64_t>(values.size());
    return WrittenOnnxTensor{
        name, count == 1 ? std::vector<std::int64_t>{} : std::vector<std::int64_t>{1, 3, 1, 1},
        values};
  };
  net.tensors.push_back(tensor("m", mean));
  net.tensors.push_back(tensor("d", deviation));
  return net;
}

TEST(OnnxEnds, NormalisationAtTheBeginningIsNoticed) {
  const auto range = [](const WrittenOnnx& net) { return import(net).input_range; };
  EXPECT_EQ(range(network({}, {})), 0);
  EXPECT_EQ(range(normalising({0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F})), 1);
  EXPECT_EQ(range(normalising({123.675F, 116.28F, 103.53F}, {58.395F, 57.12F, 57.375F})), 255);
  EXPECT_EQ(range(normalising({127.5F}, {127.5F})), 255);
  EXPECT_EQ(range(normalising({0.5F}, {0.5F})), 1);
  EXPECT_EQ(range(normalising({0}, {255})), 255);
  EXPECT_EQ(range(normalising({103.9F, 116.8F, 123.7F}, {1})), 255);
  // From ImageNet's normalisation to another.
  EXPECT_EQ(range(normalising({-2}, {2})), 0);
  WrittenOnnx bytes = network({{"Cast", {"x"}, "c", {{"to", 1}}}}, {});
  bytes.input_type = 2;
  EXPECT_EQ(range(bytes), 255);
  EXPECT_THAT(logits_of(normalising({1}, {2})), ElementsAre(0, 0.5F, 1.5F));
}

// Shapes are aligned at their ends.
TEST(OnnxBroadcasting, FollowsTheSpecification) {
  const auto adding = [](const char* type, const std::vector<std::int64_t>& shape) {
    WrittenOnnx net = network({{type, {"x", "b"}, "a"}}, {});
    net.input_shape = {1, 3, 3, 3};  // as many rows and columns as channels
    const auto count = base::element_count(shape);
    std::vector<float> values = {1, 2, 3};
    values.resize(static_cast<std::size_t>(count), 1);
    net.tensors.push_back({"b", shape, values});
    return net;
  };
  EXPECT_THAT(logits_of(adding("Add", {3, 1, 1})), ElementsAre(2, 4, 7));
  EXPECT_THAT(logits_of(adding("Add", {1, 3, 1, 1})), ElementsAre(2, 4, 7));
  EXPECT_THAT(logits_of(adding("Mul", {3, 1, 1})), ElementsAre(1, 4, 12));
  EXPECT_THAT(logits_of(adding("Sub", {})), ElementsAre(0, 1, 3));
  for (const char* type : {"Add", "Sub", "Mul", "Div"}) {
    for (const auto& shape :
         {base::Shape{3}, base::Shape{3, 1}, base::Shape{1, 1, 3}, base::Shape{3, 3, 1},
          base::Shape{2, 1, 1}, base::Shape{3, 1, 1, 1}, base::Shape{1, 1, 3, 1, 1}}) {
      EXPECT_THAT(problem_of(adding(type, shape)), HasSubstr("a constant of shape"))
          << type << " " << base::to_string(shape);
    }
  }
}

// PyTorch before 1.13 names its nodes "Relu_12": all of a type share one name.
TEST(OnnxNames, TakeNoLongerThanTheFile) {
  WrittenOnnx net;
  std::string last = "x";
  for (int i = 0; i < 4000; ++i) {
    const std::string next = "v" + std::to_string(i);
    net.nodes.push_back({"Relu", {last}, next});
    last = next;
  }
  const std::vector<WrittenOnnxNode> end = classifier(last);
  net.nodes.insert(net.nodes.end(), end.begin(), end.end());
  net.tensors = {weights()};
  net.outputs = {"l"};
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(import(net).graph.nodes.size(), 4004U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(OnnxNames, OfAnyLengthAndDepthAreRead) {
  for (const std::string& name : {std::string(60'000, 'a') + ".weight", [] {
                                    std::string deep = "a";
                                    for (int i = 0; i < 20'000; ++i) deep += ".a";
                                    return deep + ".weight";
                                  }()}) {
    WrittenOnnx net = network({}, {});
    net.nodes.back().inputs[1] = name;
    net.tensors[0].name = name;
    const graph::Graph graph = import(net).graph;
    EXPECT_EQ(graph.nodes[graph::head_of(graph)].module, "gemm");
  }
}

TEST(OnnxFiles, AreNamedForWhatTheyAre) {
  const base::TestFolder folder;
  const auto problem = [&](const char* content) {
    folder.write("net.onnx", content);
    return base::message_of<Error>([&] { import_onnx(folder.path() / "net.onnx"); });
  };
  EXPECT_THAT(problem("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
              AllOf(HasSubstr("net.onnx: "), HasSubstr("git lfs pull")));
  EXPECT_THAT(problem("<!DOCTYPE html>"), HasSubstr("web page"));
}

}  // namespace
}  // namespace engraft::onnx
