#include "training/head_kind.h"

#include <gtest/gtest.h>

#include "graph/graph.h"
#include "graph/select.h"
#include "zoo/zoo.h"

namespace engraft::training {
namespace {

std::optional<learn::HeadKind> form_of(const char* network, const std::vector<std::string>& train) {
  const graph::Graph graph = graph::with_classes(zoo::build_architecture(network), 3);
  return findable_head(graph, graph::select_parameters(graph, train));
}

TEST(FindableHead, IsALinearOneOrSqueezeNets) {
  for (const char* network : {"sprout", "resnet18", "vgg16", "mobilenet_v2", "densenet121",
                              "vit_b_16", "swin_t", "convnext_tiny", "dinov2_vits14"}) {
    EXPECT_EQ(form_of(network, {"head"}), learn::HeadKind::kLinear) << network;
  }
  EXPECT_EQ(form_of("squeezenet1_0", {"head"}), learn::HeadKind::kMeanOfRelu);
  EXPECT_EQ(form_of("squeezenet1_1", {"classifier.1.weight", "classifier.1.bias"}),
            learn::HeadKind::kMeanOfRelu);
}

TEST(FindableHead, IsNoneWhereMoreOrLessLearns) {
  EXPECT_EQ(form_of("vgg16", {"classifier.*"}), std::nullopt);
  EXPECT_EQ(form_of("vgg16", {"classifier.6.weight"}), std::nullopt);
  EXPECT_EQ(form_of("squeezenet1_0", {"classifier.1.bias"}), std::nullopt);
  EXPECT_EQ(form_of("maxvit_t", {"head"}), std::nullopt);  // it has no bias
}

}  // namespace
}  // namespace engraft::training
