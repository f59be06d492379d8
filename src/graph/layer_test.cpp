#include "graph/layer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include <nlohmann/json.hpp>

#include "engraft/error.h"
#include "graph/graph_json.h"
#include "graph/layer_json.h"

namespace engraft::graph {
namespace {

using base::Shape;
using testing::HasSubstr;

// A layer with settings that are not the defaults, what it is applied to, and what comes out.
struct Example {
  Layer layer;
  std::vector<Shape> inputs;
  Shape output;
};

const Shape kPicture{2, 6, 9, 12};

// In the order of the variant.
const std::vector<Example>& examples() {
  static const std::vector<Example> all = {
      {Input{6}, {kPicture}, kPicture},
      {Conv2d{6, 4, {3, 1}, {2, 1}, {1, 0}, {1, 2}, 2, false}, {kPicture}, {2, 4, 5, 12}},
      {Linear{5, 9, false, Linear::Role::kUnbiasedKeys}, {{2, 7, 5}}, {2, 7, 9}},
      {BatchNorm2d{6, 1e-3F, 0.2}, {kPicture}, kPicture},
      {LayerNorm{6, 1e-6F, true}, {kPicture}, kPicture},
      {ReLU{false}, {{2, 5}}, {2, 5}},
      {ReLU6{false}, {{2, 5}}, {2, 5}},
      {Hardswish{false}, {{2, 5}}, {2, 5}},
      {Hardsigmoid{false}, {{2, 5}}, {2, 5}},
      {SiLU{false}, {{2, 5}}, {2, 5}},
      {Sigmoid{}, {{2, 5}}, {2, 5}},
      {Tanh{}, {{2, 5}}, {2, 5}},
      {GELU{}, {{2, 5}}, {2, 5}},
      {MaxPool2d{{3, 2}, {2, 3}, {1, 0}, true}, {kPicture}, {2, 6, 5, 4}},
      {AvgPool2d{{3, 2}, {2, 3}, {1, 0}}, {kPicture}, {2, 6, 5, 4}},
      {AdaptiveAvgPool2d{{2, 3}, true}, {kPicture}, {2, 6, 2, 3}},
      {Dropout{0.2F, true}, {{2, 5}}, {2, 5}},
      {StochasticDepth{0.1}, {{2, 5}}, {2, 5}},
      {Flatten{}, {kPicture}, {2, 648}},
      {Permute{{0, 3, 1, 2}}, {kPicture}, {2, 12, 6, 9}},
      {Add{}, {{2, 5}, {2, 5}}, {2, 5}},
      {Multiply{}, {kPicture, {6, 1, 1}}, kPicture},
      {Concat{}, {kPicture, {2, 1, 9, 12}}, {2, 7, 9, 12}},
      {Slice{1, 3}, {kPicture}, {2, 2, 9, 12}},
      {ChannelShuffle{3}, {kPicture}, kPicture},
      {Parameter{"gamma", {6, 1, 1}, 1, 0.5F}, {}, {6, 1, 1}},
      {RelativePositionIndex{{2, 3}, false}, {}, {6, 6}},
      {RelativeCoordsTable{{2, 3}}, {}, {1, 3, 5, 2}},
      {EmbedPatches{{3, 4}, 0.1F}, {{2, 6, 5, 5}, {1, 1, 6}, {1, 13, 6}}, {2, 26, 6}},
      {SelectToken{1}, {{2, 7, 6}}, {2, 6}},
      {Attention{2}, {{2, 7, 12}}, {2, 7, 4}},
      {WindowAttention{2, {3, 4}, {1, 2}, true, 0.5F, true},
       {{2, 9, 12, 6}, {35, 2}, {2, 1, 1}},
       {2, 9, 12, 2}},
      {PatchMerging{}, {kPicture}, {2, 3, 5, 48}},
  };
  return all;
}

// How many families a layer is in.
template <typename L>
constexpr int families() {
  return base::OneOf<L, Input> + WeightedLayer<L> + ActivationLayer<L> + PoolingLayer<L> +
         RestingLayer<L> + RearrangingLayer<L> + CombiningLayer<L> + TokenLayer<L> + SourceLayer<L>;
}

TEST(Layers, AreInOneFamilyEach) {
  for (const Layer& layer : every_layer()) {
    const int count = std::visit([]<typename L>(const L&) { return families<L>(); }, layer);
    EXPECT_EQ(count, 1) << kind_name(layer);
  }
}

TEST(Layers, AllHaveAnExample) {
  ASSERT_EQ(examples().size(), std::variant_size_v<Layer>);
  for (std::size_t i = 0; i < examples().size(); ++i) {
    EXPECT_EQ(examples()[i].layer.index(), i) << kind_name(examples()[i].layer);
  }
}

TEST(Layers, AllGiveAShape) {
  for (const auto& [layer, inputs, output] : examples()) {
    SCOPED_TRACE(kind_name(layer));
    EXPECT_EQ(output_shape(layer, inputs), output);
    EXPECT_GE(multiply_adds(layer, output), 0);
  }
}

TEST(Layers, NoneTakesWhatDoesNotFit) {
  for (const auto& [layer, inputs, output] : examples()) {
    SCOPED_TRACE(kind_name(layer));
    std::vector<Shape> more = inputs;
    more.push_back({7, 7, 7});
    EXPECT_THROW(output_shape(layer, more), Error);
    if (inputs.empty()) continue;
    EXPECT_THROW(output_shape(layer, {}), Error);
    EXPECT_THROW(output_shape(layer, {Shape{}}), Error);
    EXPECT_THROW(output_shape(layer, {Shape{0, 0, 0, 0}}), Error);
    EXPECT_THROW(output_shape(layer, std::vector<Shape>(inputs.size(), {2, 1L << 31U})), Error);
  }
}

TEST(Layers, HaveNamesOfTheirOwn) {
  std::set<std::string> kinds;
  for (const auto& [layer, inputs, output] : examples()) {
    kinds.insert(kind_name(layer));
    EXPECT_FALSE(type_name(layer).empty() || function_name(layer).empty());
    EXPECT_THAT(describe(layer), HasSubstr(type_name(layer) + "("));
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<Layer>);
}

TEST(Layers, NameTheirParametersOnce) {
  for (const auto& [layer, inputs, output] : examples()) {
    SCOPED_TRACE(kind_name(layer));
    std::set<std::string> names;
    for (const ParameterSpec& spec : parameters_of(layer)) {
      EXPECT_GT(base::element_count(spec.shape), 0);
      EXPECT_TRUE(names.insert(spec.name).second);
    }
    if (const base::Tensor fixed = fixed_values(layer); !fixed.empty()) {
      ASSERT_EQ(names.size(), 1U);
      EXPECT_EQ(fixed.shape(), parameters_of(layer)[0].shape);
      EXPECT_EQ(parameters_of(layer)[0].kind, ParameterKind::kBuffer);
    }
  }
}

TEST(Layers, ReturnFromJsonAsTheyWere) {
  for (const auto& [layer, inputs, output] : examples()) {
    SCOPED_TRACE(kind_name(layer));
    EXPECT_EQ(layer_from_json(layer_to_json(layer)), layer);
    const bool settings = layer_to_json(layer).size() > 1;
    if (settings) {
      EXPECT_NE(layer, every_layer()[layer.index()]) << "the example has only defaults";
    }
  }
}

TEST(Layers, PoolingCountsWindowsAsPyTorch) {
  const auto extent = [](std::int64_t size, MaxPool2d pool) {
    return output_shape(pool, {{1, 1, size, size}})[2];
  };
  EXPECT_EQ(extent(55, {.kernel = 3, .stride = 2}), 27);
  EXPECT_EQ(extent(56, {.kernel = 3, .stride = 2, .ceil_mode = true}), 28);
  EXPECT_EQ(extent(112, {.kernel = 3, .stride = 2, .padding = 1}), 56);
  // The last window would begin in the padding, so that it is dropped.
  EXPECT_EQ(extent(3, {.kernel = 2, .stride = 2, .padding = 1, .ceil_mode = true}), 2);
}

// Each is one setting away from a layer that is possible.
TEST(Layers, ImpossibleOnesAreRefused) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 40;
  const float infinite = std::numeric_limits<float>::infinity();
  const std::vector<Layer> impossible = {
      Input{0},
      Input{kHuge},
      Conv2d{6, 6, 3, 0},
      Conv2d{6, 6, {3, 3}, {1, -1}},
      Conv2d{6, 6, 0},
      Conv2d{6, 6, kHuge},
      Conv2d{6, 6, 3, 1, -1},
      Conv2d{6, 6, 3, 1, kHuge},
      Conv2d{6, 6, 3, 1, 0, 0},
      Conv2d{6, 6, 3, 1, 0, 1, 0},
      Conv2d{6, 6, 3, 1, 0, 1, -1},
      Conv2d{6, 6, 3, 1, 0, 1, 4},
      Conv2d{6, -6},
      Conv2d{6, kHuge},
      Conv2d{1 << 20, 1 << 20},
      Linear{6, 0},
      Linear{6, kHuge},
      Linear{6, 7, true, Linear::Role::kUnbiasedKeys},
      BatchNorm2d{6, infinite},
      BatchNorm2d{6, -1},
      LayerNorm{6, infinite},
      MaxPool2d{2, 0},
      MaxPool2d{0, 1},
      MaxPool2d{2, 1, 2},
      AvgPool2d{2, 0},
      AvgPool2d{2, 1, -1},
      AdaptiveAvgPool2d{0},
      AdaptiveAvgPool2d{{kHuge, 1}},
      Dropout{1.5F},
      Dropout{-1},
      StochasticDepth{2},
      Permute{{0, 2, 2, 1}},
      Permute{{0, 1, 2, 4}},
      Permute{{0, 1, 2, -1}},
      Slice{-1, 2},
      Slice{2, 2},
      Slice{3, 2},
      ChannelShuffle{0},
      ChannelShuffle{-2},
      Parameter{"", {1}},
      Parameter{"a", {}},
      Parameter{"a", {0}},
      Parameter{"a", {kHuge, kHuge}},
      Parameter{"a", {1 << 20, 1 << 20}},
      Parameter{"a", {1}, infinite},
      RelativePositionIndex{0},
      RelativePositionIndex{{1 << 15, 1 << 15}},
      RelativeCoordsTable{{1, 0}},
      EmbedPatches{{0, 4}},
      EmbedPatches{{kHuge, kHuge}},
      EmbedPatches{{2, 2}, infinite},
      SelectToken{-1},
      Attention{0},
      WindowAttention{0},
      WindowAttention{1, 0},
      WindowAttention{1, 7, 7},
      WindowAttention{1, 7, -1},
      WindowAttention{.scale = infinite},
  };
  for (const Layer& layer : impossible) {
    EXPECT_THROW(validate(layer), Error) << layer_to_json(layer);
  }
}

TEST(Layers, ImpossibleOnesSayWhatIsWrong) {
  const auto problem = [](const Layer& layer) -> std::string {
    try {
      validate(layer);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(problem(Conv2d{3, 8, 3, {0, 2}}),
            "Conv2d is impossible: its stride is 0 × 2 (from 1 to 65536 is possible)");
  EXPECT_EQ(problem(ChannelShuffle{0}),
            "channel_shuffle is impossible: its groups are 0 (from 1 to 16777216 are possible)");
  EXPECT_EQ(problem(Permute{{0, 1, 1, 2}}),
            "Permute is impossible: its order (0, 1, 1, 2) is none of four dimensions");
}

// A graph as a file could have it: the nodes' JSON, each reading the one before it.
std::string graph_text(const std::vector<std::string>& layers, const char* size = "[8, 8]") {
  std::string nodes = R"({"layer": "input", "channels": 4, "name": "in", "inputs": []})";
  for (std::size_t i = 0; i < layers.size(); ++i) {
    nodes += R"(, {"name": "n)" + std::to_string(i) + "\", \"inputs\": [" + std::to_string(i) +
             "], " + layers[i] + "}";
  }
  return R"({"version": 1, "architecture": "a", "input_size": )" + std::string(size) +
         ", \"nodes\": [" + nodes +
         R"(], "modules": {"name": "", "type": "", "description": "", "children": []}})";
}

TEST(GraphFromJson, RefusesWhatCannotBeComputed) {
  const std::vector<std::string> possible{R"("layer": "relu")"};
  EXPECT_NO_THROW(graph_from_json(graph_text(possible)));
  for (const char* size : {"[8, 0]", "[-8, 8]", "[8]", "[8.5, 8]", "[8, 1152921504606846976]",
                           "[8, 18446744073709551615]", "[8, \"8\"]"}) {
    EXPECT_THROW(graph_from_json(graph_text(possible, size)), Error) << size;
  }
  const std::string pool = R"("layer": "avg_pool2d", "kernel_size": [1, 1], "padding": [0, 0], )";
  for (const std::string& layer :
       {pool + R"("stride": [0, 0])", pool + R"("stride": [8e33, 1])", pool + R"("stride": 1)",
        std::string(R"("layer": "permute", "dims": [0, 1, 2, 2])"),
        std::string(R"("layer": "permute", "dims": [0, 1, 2])"),
        std::string(R"("layer": "permute", "dims": [0, 1, 2, 4294967299])"),
        std::string(R"("layer": "channel_shuffle", "groups": 0)"),
        std::string(R"("layer": "adaptive_avg_pool2d", "output_size": [0, 1])"),
        std::string(R"("layer": "linear", "in_features": 8, "out_features": 8, "bias": false,
                        "role": "none")"),
        // They read what depends on the picture, or have inputs that they cannot have.
        std::string(R"("layer": "attention", "heads": 1)"),
        std::string(R"("layer": "embed_patches", "grid": [2, 2], "offset": 0)"),
        std::string(R"("layer": "relative_coords_table", "window": [2, 2])"),
        std::string(R"("layer": "mul")"), std::string(R"("layer": "input", "channels": 4)")}) {
    EXPECT_THROW(graph_from_json(graph_text({layer})), Error) << layer;
  }
}

TEST(GraphFromJson, RefusesNestingBeyondAllSense) {
  std::string module = R"({"name": "", "type": "", "description": "", "children": []})";
  std::string open;
  std::string close;
  for (int i = 0; i < 100'000; ++i) {
    open += R"({"name": "", "type": "", "description": "", "children": [)";
    close += "]}";
  }
  std::string text = graph_text({R"("layer": "relu")"});
  const std::string root = R"("modules": )";
  text.replace(text.find(root) + root.size(), module.size(), open + module + close);
  EXPECT_THROW(graph_from_json(text), Error);
}

TEST(GraphFromJson, SaysWhatIsWrongWithoutControllingTheTerminal) {
  std::string text = graph_text({R"("layer": "channel_shuffle", "groups": 0)"});
  text.replace(text.find("\"n0\""), 4, R"("\u001b[2Jn")");
  try {
    graph_from_json(text);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(
        error.what(),
        "no valid graph: a, ?[2Jn: channel_shuffle is impossible: its groups are 0 (from 1 "
        "to 16777216 are possible)");
  }
}

TEST(GraphFromJson, RefusesTwoNodesOfOneName) {
  std::string text = graph_text({R"("layer": "relu")", R"("layer": "relu")"});
  EXPECT_NO_THROW(graph_from_json(text));
  text.replace(text.find("\"n1\""), 4, "\"n0\"");
  EXPECT_THROW(graph_from_json(text), Error);
}

// Each layer is possible, and the sum of all is more than can be counted.
TEST(Graph, CountsNoMoreMultiplyAddsThanItCan) {
  Graph graph{.architecture = "a", .input_size = 1 << 15};
  graph.nodes = {{"in", "", Input{1}, {}}};
  for (NodeId id = 1; id < 20; ++id) {
    graph.nodes.push_back({"c" + std::to_string(id), "", Conv2d{1, 1, 32767, 1, 16383}, {id - 1}});
  }
  EXPECT_NO_THROW(validate(graph));
  EXPECT_THROW(cost_of(graph), Error);
}

// A parameter may stand only where layers take parameters.
TEST(GraphFromJson, KeepsParametersApart) {
  Graph graph{.architecture = "a", .input_size = {8, 8}};
  graph.nodes = {{"in", "", Input{4}, {}},
                 {"scale", "", Parameter{"scale", {4, 1, 1}}, {}},
                 {"mul", "", Multiply{}, {0, 1}}};
  EXPECT_EQ(graph_from_json(to_json(graph)).nodes.size(), 3U);
  graph.nodes[2] = {"add", "", Multiply{}, {1, 0}};
  EXPECT_THROW(graph_from_json(to_json(graph)), Error);
  graph.nodes[2] = {"relu", "", ReLU{}, {1}};
  EXPECT_THROW(graph_from_json(to_json(graph)), Error);  // nothing depends on the picture
}

}  // namespace
}  // namespace engraft::graph
