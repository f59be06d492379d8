#include "zoo/zoo.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/testing/folders.h"
#include "engraft/error.h"
#include "graph/graph_json.h"

namespace engraft::zoo {
namespace {

// As tools/golden/logits.py writes it.
std::string fingerprint(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return fmt::format("{:016x}", hash);
}

// What PyTorch would print: our notes and totals taken away.
std::string without_notes(const std::string& printed) {
  std::string text = std::regex_replace(printed, std::regex("  # [^\n]*"), "");
  return text.substr(0, text.find("\n)\n") + 3);
}

const nlohmann::json& expectations() {
  static const nlohmann::json all = nlohmann::json::parse(base::read_text(
      base::source_folder() / "src/zoo/testdata/architectures.json"))["architectures"];
  return all;
}

class Torchvision : public testing::TestWithParam<std::string> {};

TEST_P(Torchvision, HasTheSameModulesAndParameters) {
  const graph::Graph graph = build_architecture(GetParam());
  const nlohmann::json want = expectations().at(GetParam());
  EXPECT_EQ(graph::cost_of(graph).parameters, want["parameters"]);
  EXPECT_EQ(fingerprint(without_notes(graph::print_graph(graph))), want["printed"])
      << graph::print_graph(graph);

  std::string modules;
  for (const std::string& name : graph::named_modules(graph)) modules += name + "\n";
  EXPECT_EQ(fingerprint(modules), want["named_modules"]) << modules;

  std::string state;
  for (const graph::NamedParameter& parameter : graph::named_parameters(graph)) {
    state += parameter.name + " " + base::to_string(parameter.shape) + "\n";
  }
  EXPECT_EQ(fingerprint(state), want["state_dict"]) << state;
}

TEST_P(Torchvision, SurvivesAsJson) {
  const graph::Graph graph = build_architecture(GetParam());
  EXPECT_NO_THROW(graph::validate(graph));
  const graph::Graph again = graph::graph_from_json(graph::to_json(graph));
  ASSERT_EQ(again.nodes.size(), graph.nodes.size());
  for (graph::NodeId id = 0; id < graph.nodes.size(); ++id) {
    EXPECT_EQ(again.nodes[id].layer, graph.nodes[id].layer) << graph.nodes[id].name;
    EXPECT_EQ(again.nodes[id].name, graph.nodes[id].name);
    EXPECT_EQ(again.nodes[id].module, graph.nodes[id].module);
    EXPECT_EQ(again.nodes[id].inputs, graph.nodes[id].inputs) << graph.nodes[id].name;
  }
  EXPECT_EQ(graph::print_graph(again), graph::print_graph(graph));
}

std::vector<std::string> torchvision_names() {
  std::vector<std::string> names;
  for (const Architecture& architecture : architectures()) {
    if (architecture.name != "sprout") names.emplace_back(architecture.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Zoo, Torchvision, testing::ValuesIn(torchvision_names()),
                         [](const auto& test) { return test.param; });

TEST(Zoo, MultiplyAddsAreThePublishedOnes) {
  // torchvision's _ops, in units of 10^9.
  for (const auto& [name, published] : {std::pair("vgg16", 15.47),
                                        std::pair("resnet18", 1.814),
                                        std::pair("resnet50", 4.089),
                                        std::pair("mobilenet_v2", 0.301),
                                        std::pair("squeezenet1_0", 0.819),
                                        std::pair("googlenet", 1.498),
                                        std::pair("inception_v3", 5.713),
                                        std::pair("densenet121", 2.834),
                                        std::pair("mobilenet_v3_large", 0.217),
                                        std::pair("mnasnet1_0", 0.314),
                                        std::pair("shufflenet_v2_x1_0", 0.145),
                                        std::pair("efficientnet_b0", 0.386),
                                        std::pair("efficientnet_v2_s", 8.366),
                                        std::pair("regnet_y_400mf", 0.402),
                                        std::pair("resnext50_32x4d", 4.23),
                                        std::pair("convnext_tiny", 4.456),
                                        std::pair("convnext_large", 34.361),
                                        std::pair("vit_b_16", 17.564),
                                        std::pair("vit_l_32", 15.378),
                                        std::pair("vit_h_14", 167.295),
                                        std::pair("swin_t", 4.491),
                                        std::pair("swin_b", 15.431),
                                        std::pair("swin_v2_t", 5.94),
                                        std::pair("maxvit_t", 5.558)}) {
    const auto counted =
        static_cast<double>(graph::cost_of(build_architecture(name)).multiply_adds) * 1e-9;
    EXPECT_NEAR(counted, published, 0.005 * published) << name;
  }
}

// As the published file needs it: SWAG's vision transformers take larger pictures.
graph::Graph graph_for(const graph::Graph& graph, const PublishedWeights& weights) {
  for (const graph::Node& node : graph.nodes) {
    const auto* embed = std::get_if<graph::EmbedPatches>(&node.layer);
    if (embed != nullptr && embed->offset == 0) {
      return graph::with_grid(graph, weights.crop * embed->grid.height / graph.input_size.height);
    }
  }
  return graph;
}

// DINOv2's files have no head. torchvision counts GoogLeNet without its auxiliary heads, Inception
// with its own.
TEST(Zoo, ParametersAreThePublishedOnes) {
  for (const Architecture& architecture : architectures()) {
    const graph::Graph graph = architecture.build();
    const std::vector<bool> used = graph::nodes_in_use(graph);
    std::int64_t auxiliary = 0;
    std::int64_t head = 0;
    for (const graph::NamedParameter& parameter : graph::named_parameters(graph)) {
      if (parameter.kind != graph::ParameterKind::kParameter) continue;
      if (!used[parameter.node]) auxiliary += base::element_count(parameter.shape);
      if (parameter.node == graph::head_of(graph)) head += base::element_count(parameter.shape);
    }
    for (const PublishedWeights& weights : architecture.weights) {
      const std::int64_t all = graph::cost_of(graph_for(graph, weights)).parameters;
      const bool no_head = weights.top1_percent == 0;
      EXPECT_EQ(weights.parameters, architecture.name == "googlenet" ? all - auxiliary
                                    : no_head                        ? all - head
                                                                     : all)
          << architecture.name << " " << weights.name;
    }
  }
}

TEST(Zoo, GoogLeNetsAndInceptionsPicturesHaveTheirOwnNormalization) {
  for (const char* name : {"googlenet", "inception_v3"}) {
    const Preprocessing preprocessing = default_preprocessing(find_architecture(name));
    EXPECT_EQ(preprocessing.normalization.mean, (std::array{0.5F, 0.5F, 0.5F}));
    EXPECT_EQ(preprocessing.normalization.stddev, (std::array{0.5F, 0.5F, 0.5F}));
  }
  EXPECT_EQ(to_string(default_preprocessing(find_architecture("inception_v3")).val),
            "resize(342) center_crop(299)");
  EXPECT_EQ(to_string(default_preprocessing(find_architecture("efficientnet_b0")).val),
            "resize(256,interpolation=bicubic) center_crop(224)");
}

TEST(Zoo, UnknownNamesGetTheListOfKnownOnes) {
  try {
    build_architecture("resnet19");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("resnet18, resnet34"));
  }
}

TEST(Zoo, KnowsTheThousandImageNetClasses) {
  ASSERT_EQ(imagenet_classes().size(), 1000U);
  EXPECT_EQ(imagenet_classes()[0], "tench");
  EXPECT_EQ(imagenet_classes()[281], "tabby");
  EXPECT_EQ(imagenet_classes()[999], "toilet tissue");
}

TEST(Zoo, EmbeddedSproutFitsItsGraph) {
  const graph::Graph graph = build_architecture("sprout");
  const weights::WeightFile file = embedded_sprout();
  for (const graph::NamedParameter& parameter : graph::named_parameters(graph)) {
    const auto found = file.tensors.find(parameter.name);
    ASSERT_NE(found, file.tensors.end()) << parameter.name;
    EXPECT_EQ(found->second.shape(), parameter.shape) << parameter.name;
  }
}

TEST(Zoo, PublishedFilesCarryTheirHash) {
  for (const Architecture& architecture : architectures()) {
    for (const PublishedWeights& weights : architecture.weights) {
      if (weights.url.find("/dinov2/") != std::string_view::npos) continue;  // published without
      EXPECT_TRUE(
          std::regex_match(std::string(weights.file), std::regex(".*-[0-9a-f]{8,10}\\.pth")))
          << weights.file;
    }
  }
}

}  // namespace
}  // namespace engraft::zoo
