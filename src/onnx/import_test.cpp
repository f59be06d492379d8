// Networks as PyTorch exports them (tools/golden/onnx.py) compute what PyTorch computed.
#include "onnx/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "base/testing/folders.h"
#include "engraft/error.h"
#include "graph/graph_json.h"
#include "infer/executor.h"
#include "zoo/testing/seeded_state.h"

namespace engraft::onnx {
namespace {

// ENGRAFT_ONNX_DATA: a folder that tools/golden/onnx.py --full has filled.
base::Path data_folder() {
  const char* other = std::getenv("ENGRAFT_ONNX_DATA");
  return other != nullptr ? base::Path(other) : base::source_folder() / "src/onnx/testdata";
}

const base::Path kData = data_folder();

const nlohmann::json& expectations() {
  static const nlohmann::json all = nlohmann::json::parse(base::read_text(kData / "logits.json"));
  return all;
}

std::vector<float> logits_of(const graph::Graph& graph, const base::StateDict& parameters,
                             std::int64_t count) {
  const infer::Executor executor(graph, parameters, {graph.output()});
  const base::Tensor pictures =
      zoo::seeded_pictures({count, 3, graph.input_size.height, graph.input_size.width});
  std::vector<float> logits(static_cast<std::size_t>(count * graph::class_count(graph)));
  executor.run(pictures.floats(), graph.output(), logits);
  return logits;
}

class Exported : public testing::TestWithParam<std::string> {};

TEST_P(Exported, GivesPyTorchsLogits) {
  const std::vector<std::vector<float>> want = expectations().at(GetParam());
  const ImportedNetwork network = import_onnx(kData / (GetParam() + ".onnx"));
  EXPECT_EQ(network.graph.architecture, GetParam() + ".onnx");
  const auto classes = want[0].size();
  ASSERT_EQ(graph::class_count(network.graph), std::ssize(want[0]));
  std::vector<float> got = logits_of(network.graph, network.parameters, std::ssize(want));
  double error = 0;
  double largest = 0;
  for (std::size_t n = 0; n < want.size(); ++n) {
    // The softmax at this network's end is left out: logits are known but for a constant.
    double offset = 0;
    if (GetParam() == "transform_input") {
      for (std::size_t k = 0; k < classes; ++k) offset += (got[n * classes + k] - want[n][k]) / 5;
    }
    for (std::size_t k = 0; k < classes; ++k) {
      error = std::max(error, std::abs(got[n * classes + k] - offset - want[n][k]));
      largest = std::max<double>(largest, std::abs(want[n][k]));
    }
  }
  EXPECT_LE(error / largest, 1e-4);
}

// What a saved model keeps of such a network is enough to compute the same.
TEST_P(Exported, SurvivesAsJson) {
  const ImportedNetwork network = import_onnx(kData / (GetParam() + ".onnx"));
  const graph::Graph again = graph::graph_from_json(graph::to_json(network.graph));
  EXPECT_EQ(graph::print_graph(again), graph::print_graph(network.graph));
  EXPECT_EQ(logits_of(again, network.parameters, 1),
            logits_of(network.graph, network.parameters, 1));
}

TEST_P(Exported, TakesAnotherHead) {
  const ImportedNetwork network = import_onnx(kData / (GetParam() + ".onnx"));
  const graph::Graph graph = graph::with_classes(network.graph, 3);
  EXPECT_EQ(graph::class_count(graph), 3);
  EXPECT_EQ(logits_of(graph, zoo::seeded_state(graph), 2).size(), 6U);
}

// Whatever is cut off or changed in a file: an Error, never anything worse.
TEST_P(Exported, DamageIsAnError) {
  const base::Bytes whole = base::read_file(kData / (GetParam() + ".onnx"));
  const base::Path damaged = base::Path(testing::TempDir()) / (GetParam() + "-damaged.onnx");
  std::uint64_t state = 7;
  for (int i = 0; i < 60; ++i) {
    base::Bytes bytes = whole;
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const std::size_t place = static_cast<std::size_t>(state >> 33U) % bytes.size();
    if (i % 2 == 0) {
      bytes.resize(place);
    } else {
      for (std::size_t k = place; k < std::min(place + 3, bytes.size()); ++k) {
        bytes[k] ^= static_cast<std::byte>(state >> (8 * (k - place) + 8));
      }
    }
    base::write_atomically(damaged, bytes);
    try {
      const ImportedNetwork network = import_onnx(damaged);
      graph::named_parameters(network.graph);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(damaged.string()));
    }
  }
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const auto& [name, logits] : expectations().items()) result.push_back(name);
  return result;
}

INSTANTIATE_TEST_SUITE_P(Onnx, Exported, testing::ValuesIn(names()),
                         [](const auto& test) { return test.param; });

TEST(Onnx, ModulesHavePyTorchsNames) {
  const graph::Graph graph = import_onnx(kData / "resnet.onnx").graph;
  EXPECT_EQ(graph.input_size, graph::Pair(34));
  EXPECT_EQ(graph.nodes[graph::head_of(graph)].module, "fc");
  EXPECT_THAT(graph::named_modules(graph),
              testing::IsSupersetOf({"conv1", "layer1.0.conv1", "layer2.0"}));
}

TEST(Onnx, WhatExportersWriteOutIsRecognised) {
  const auto count = [](const char* file, const auto& kind) {
    int found = 0;
    for (const graph::Node& node : import_onnx(kData / file).graph.nodes) {
      found += std::holds_alternative<std::decay_t<decltype(kind)>>(node.layer) ? 1 : 0;
    }
    return found;
  };
  EXPECT_EQ(count("convnext.onnx", graph::GELU{}), 2);
  EXPECT_EQ(count("convnext.onnx", graph::LayerNorm{}),
            count("convnext_layer_norm.onnx", graph::LayerNorm{}));
  EXPECT_GT(count("efficientnet.onnx", graph::SiLU{}), 0);
  EXPECT_EQ(count("mobilenet_v3.onnx", graph::Hardswish{}),
            count("mobilenet_v3_hardswish.onnx", graph::Hardswish{}));
  EXPECT_GT(count("shufflenet.onnx", graph::ChannelShuffle{}), 0);
}

std::string message_of(const base::Path& path) {
  try {
    import_onnx(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// In a copy of the file, each `from` replaced by a `to` of the same length.
base::Path altered(const std::string& from, const std::string& to) {
  std::string text = base::read_text(kData / "resnet.onnx");
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + 1)) {
    text.replace(at, from.size(), to);
  }
  const base::Path path = base::Path(testing::TempDir()) / "altered.onnx";
  base::write_atomically(path, text);
  return path;
}

TEST(Onnx, OperatorsThatAreNotSupportedAreAllNamed) {
  const std::string message = message_of(altered("MaxPool", "MaxPoo1"));
  EXPECT_THAT(message, testing::HasSubstr("MaxPoo1"));
  EXPECT_THAT(message, testing::HasSubstr("MaxPool"));  // in the list of those that are
  EXPECT_THAT(message_of(altered("Relu", "Celu")), testing::HasSubstr("operators Celu are not"));
}

TEST(Onnx, OtherFilesAreRefused) {
  const base::Path path = base::Path(testing::TempDir()) / "other.onnx";
  base::write_atomically(path, std::string_view("not a network"));
  EXPECT_THAT(message_of(path), testing::HasSubstr("ONNX"));
  base::write_atomically(path, std::string_view(""));
  EXPECT_THAT(message_of(path), testing::HasSubstr("ONNX"));
  EXPECT_THAT(message_of("nowhere.onnx"), testing::HasSubstr("nowhere.onnx"));
}

TEST(GraphJson, RefusesGraphsThatContradictThemselves) {
  const std::string text = graph::to_json(import_onnx(kData / "squeezenet.onnx").graph);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    const std::size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return changed.replace(at, from.size(), to);
  };
  EXPECT_NO_THROW(graph::graph_from_json(text));
  EXPECT_THROW(graph::graph_from_json(""), Error);
  EXPECT_THROW(graph::graph_from_json("{}"), Error);
  EXPECT_THROW(graph::graph_from_json(with("\"conv2d\"", "\"conv7d\"")), Error);
  EXPECT_THROW(graph::graph_from_json(with("\"in_channels\":3", "\"in_channels\":4")), Error);
  EXPECT_THROW(graph::graph_from_json(with("\"inputs\":[0]", "\"inputs\":[9999]")), Error);
  EXPECT_THROW(graph::graph_from_json(with("\"inputs\":[0]", "\"inputs\":[]")), Error);
  EXPECT_THROW(graph::graph_from_json(with("\"version\":1", "\"version\":2")), Error);
}

}  // namespace
}  // namespace engraft::onnx
