#include "features/feature_cache.h"

#include <gtest/gtest.h>

#include "graph/graph.h"

namespace engraft::features {
namespace {

// The channels from `begin` on, of a convolution whose parameters are always the same.
std::string description_of_slice(std::int64_t begin) {
  graph::Graph graph;
  graph.architecture = "sliced";
  graph.nodes = {{.name = "input", .layer = graph::Input{}},
                 {.name = "slice", .layer = graph::Slice{.begin = begin, .end = 3}, .inputs = {0}}};
  model::Model model;
  model.graph = graph;
  return describe_features(model, 1, hash_of_prefix(model, 1, 1),
                           transforms::parse_pipeline("resize(8x8)"),
                           infer::exact_plan(infer::Precision::kFloat32), false);
}

// Layers that differ in nothing but a setting compute other numbers.
TEST(DescribeFeatures, KnowsEverySettingOfALayer) {
  EXPECT_EQ(description_of_slice(1), description_of_slice(1));
  EXPECT_NE(description_of_slice(1), description_of_slice(2));
}

}  // namespace
}  // namespace engraft::features
