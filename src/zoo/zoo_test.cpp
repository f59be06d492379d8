#include "zoo/zoo.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "engraft/error.h"

namespace engraft {
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

class Torchvision : public testing::TestWithParam<std::string> {
 protected:
  static nlohmann::json expected(const std::string& name) {
    static const nlohmann::json all = nlohmann::json::parse(
        read_text(ENGRAFT_SOURCE_DIR "/src/zoo/testdata/architectures.json"))["architectures"];
    return all.at(name);
  }
};

TEST_P(Torchvision, HasTheSameModulesAndParameters) {
  const Graph graph = build_architecture(GetParam());
  const nlohmann::json want = expected(GetParam());
  EXPECT_EQ(cost_of(graph).parameters, want["parameters"]);
  EXPECT_EQ(fingerprint(without_notes(print_graph(graph))), want["printed"]) << print_graph(graph);

  std::string modules;
  for (const std::string& name : named_modules(graph)) modules += name + "\n";
  EXPECT_EQ(fingerprint(modules), want["named_modules"]) << modules;

  std::string state;
  for (const NamedParameter& parameter : named_parameters(graph)) {
    state += parameter.name + " " + to_string(parameter.shape) + "\n";
  }
  EXPECT_EQ(fingerprint(state), want["state_dict"]) << state;
}

std::vector<std::string> torchvision_names() {
  std::vector<std::string> names;
  for (const Architecture& architecture : architectures()) {
    if (!architecture.weights.empty()) names.emplace_back(architecture.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Zoo, Torchvision, testing::ValuesIn(torchvision_names()),
                         [](const auto& test) { return test.param; });

TEST(Zoo, MultiplyAddsAreThePublishedOnes) {
  // torchvision's _ops, in units of 10^9.
  for (const auto& [name, published] :
       {std::pair("vgg16", 15.47), std::pair("resnet18", 1.814), std::pair("resnet50", 4.089),
        std::pair("mobilenet_v2", 0.301), std::pair("squeezenet1_0", 0.819)}) {
    const auto counted =
        static_cast<double>(cost_of(build_architecture(name)).multiply_adds) * 1e-9;
    EXPECT_NEAR(counted, published, 0.005 * published) << name;
  }
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
  const Graph graph = build_architecture("sprout");
  const WeightFile file = embedded_sprout();
  for (const NamedParameter& parameter : named_parameters(graph)) {
    const auto found = file.tensors.find(parameter.name);
    ASSERT_NE(found, file.tensors.end()) << parameter.name;
    EXPECT_EQ(found->second.shape(), parameter.shape) << parameter.name;
  }
}

TEST(Zoo, PublishedFilesCarryTheirHash) {
  for (const Architecture& architecture : architectures()) {
    for (const PublishedWeights& weights : architecture.weights) {
      EXPECT_TRUE(std::regex_match(std::string(weights.file), std::regex(".*-[0-9a-f]{8}\\.pth")));
    }
  }
}

}  // namespace
}  // namespace engraft
