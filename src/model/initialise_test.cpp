#include "model/initialise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "graph/builder.h"

namespace engraft::model {
namespace {

graph::Graph small_net(std::int64_t classes = 10) {
  graph::GraphBuilder net("Small", {16, 16});
  graph::Value x = net.input();
  x = net.add("conv", x, graph::Conv2d{.out_channels = 64, .kernel = 3, .padding = 1});
  x = net.add("bn", x, graph::BatchNorm2d{});
  x = net.add("relu", x, graph::ReLU{});
  x = net.add("pool", x, graph::AdaptiveAvgPool2d{.output = 16});
  x = net.apply(graph::Flatten{}, {x});
  x = net.add("hidden", x, graph::Linear{.out_features = 100});
  net.add("head", x, graph::Linear{.out_features = classes});
  return std::move(net).finish("small");
}

struct Moments {
  double mean = 0;
  double variance = 0;
  double largest = 0;
};

Moments moments(const base::Tensor& tensor) {
  Moments result;
  for (const float value : tensor.floats()) {
    result.mean += value;
    result.variance += double{value} * value;
    result.largest = std::max(result.largest, std::abs(double{value}));
  }
  result.mean /= static_cast<double>(tensor.elements());
  result.variance =
      result.variance / static_cast<double>(tensor.elements()) - result.mean * result.mean;
  return result;
}

bool same(const base::Tensor& a, const base::Tensor& b) {
  return a.shape() == b.shape() &&
         std::equal(a.floats().begin(), a.floats().end(), b.floats().begin(), b.floats().end());
}

TEST(InitialiseAll, GivesEveryParameterItsShapeAndKind) {
  const graph::Graph graph = small_net();
  const base::StateDict state = initialise_all(graph, 1);
  const std::vector<graph::NamedParameter> named = graph::named_parameters(graph);
  EXPECT_EQ(state.size(), named.size());
  for (const graph::NamedParameter& parameter : named) {
    ASSERT_TRUE(state.contains(parameter.name)) << parameter.name;
    EXPECT_EQ(state.at(parameter.name).shape(), parameter.shape);
    EXPECT_EQ(state.at(parameter.name).dtype(), parameter.dtype);
  }
}

TEST(InitialiseAll, DrawsLinearLayersUniformly) {
  const base::StateDict state = initialise_all(small_net(), 1);
  const double bound = 1 / std::sqrt(64.0 * 16 * 16);
  const Moments weight = moments(state.at("hidden.weight"));  // 1.6 million numbers
  EXPECT_LE(weight.largest, bound);
  EXPECT_GT(weight.largest, 0.9999 * bound);
  EXPECT_NEAR(weight.mean, 0, 0.003 * bound);
  EXPECT_NEAR(weight.variance / (bound * bound / 3), 1, 0.005);
  const Moments bias = moments(state.at("hidden.bias"));
  EXPECT_LE(bias.largest, bound);
  EXPECT_GT(bias.largest, 0.8 * bound);
}

TEST(InitialiseAll, DrawsConvolutionsNormallyByFanOut) {
  const base::StateDict state = initialise_all(small_net(), 1);
  const Moments weight = moments(state.at("conv.weight"));  // 1,728 numbers
  const double deviation = std::sqrt(2.0 / (64 * 9));
  EXPECT_NEAR(weight.mean, 0, 0.1 * deviation);
  EXPECT_NEAR(weight.variance / (deviation * deviation), 1, 0.15);
  EXPECT_GT(weight.largest, 2.5 * deviation);  // it has a normal distribution's tails
  EXPECT_EQ(moments(state.at("conv.bias")).largest, 0);
}

TEST(InitialiseAll, LetsBatchNormsBeginAsTheIdentity) {
  const base::StateDict state = initialise_all(small_net(), 1);
  const std::map<std::string, float> want{
      {"bn.weight", 1}, {"bn.bias", 0}, {"bn.running_mean", 0}, {"bn.running_var", 1}};
  for (const auto& [name, value] : want) {
    for (const float got : state.at(name).floats()) EXPECT_EQ(got, value) << name;
  }
  EXPECT_EQ(state.at("bn.num_batches_tracked").as_float32().floats()[0], 0);
}

TEST(InitialiseHead, ReplacesTheHeadAlone) {
  const graph::Graph graph = small_net(3);
  base::StateDict state = initialise_all(small_net(10), 1);
  const base::StateDict before = state;
  initialise_head(state, graph, 5);
  EXPECT_EQ(state.at("head.weight").shape(), (base::Shape{3, 100}));
  EXPECT_EQ(state.at("head.bias").shape(), (base::Shape{3}));
  EXPECT_LE(moments(state.at("head.weight")).largest, 0.1);
  EXPECT_GT(moments(state.at("head.weight")).largest, 0.09);
  for (const auto& [name, tensor] : before) {
    if (name.starts_with("head.")) continue;
    EXPECT_EQ(state.at(name).bytes().data(), tensor.bytes().data()) << name;
  }
}

TEST(InitialiseHead, TreatsAConvolutionAsPyTorchDoes) {
  graph::GraphBuilder net("Squeeze", {8, 8});
  graph::Value x = net.input(50);
  net.add("classifier", x, graph::Conv2d{.out_channels = 20, .kernel = 1});
  base::StateDict state;
  initialise_head(state, std::move(net).finish("squeeze"), 1);
  const double bound = 1 / std::sqrt(50.0);
  for (const char* name : {"classifier.weight", "classifier.bias"}) {
    EXPECT_LE(moments(state.at(name)).largest, bound) << name;
    EXPECT_GT(moments(state.at(name)).largest, 0.7 * bound) << name;
  }
}

TEST(Initialise, DependsOnSeedAndNameAlone) {
  const graph::Graph graph = small_net();
  const base::StateDict one = initialise_all(graph, 1);
  base::StateDict head;
  initialise_head(head, graph, 1);
  EXPECT_TRUE(same(one.at("head.weight"), head.at("head.weight")));
  EXPECT_TRUE(same(one.at("hidden.weight"), initialise_all(graph, 1).at("hidden.weight")));
  EXPECT_FALSE(same(one.at("hidden.weight"), initialise_all(graph, 2).at("hidden.weight")));
  // Nothing repeats between the blocks that are drawn separately.
  const std::span<const float> values = one.at("hidden.weight").floats();
  EXPECT_FALSE(std::equal(values.begin(), values.begin() + 100, values.begin() + 65536));
}

}  // namespace
}  // namespace engraft::model
