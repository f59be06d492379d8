#include "learn/fit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "graph/builder.h"
#include "learn/testing/golden.h"

namespace engraft::learn {
namespace {

graph::Graph linear_head(std::int64_t inputs, std::int64_t classes) {
  graph::GraphBuilder net("Head", {1, 1});
  graph::Value x = net.input(inputs);
  x = net.apply(graph::Flatten{}, {x});
  x = net.add("drop", x, graph::Dropout{});
  net.add("fc", x, graph::Linear{.out_features = classes});
  return std::move(net).finish("head");
}

TEST(Fit, FindsTheOptimumThatPyTorchFinds) {
  const nlohmann::json& want = golden("logistic");
  const auto classes = want["classes"].get<std::int64_t>();
  const auto weight = want["weight"].get<std::vector<double>>();
  const auto bias = want["bias"].get<std::vector<double>>();
  const std::int64_t inputs = static_cast<std::int64_t>(weight.size()) / classes;
  const base::StateDict start{{"fc.weight", base::Tensor(base::DType::kFloat32, {classes, inputs})},
                              {"fc.bias", base::Tensor(base::DType::kFloat32, {classes})}};
  Suffix suffix(linear_head(inputs, classes), 0, start, {"fc.weight", "fc.bias"});
  const auto labels = want["labels"].get<std::vector<int>>();
  int calls = 0;
  const LbfgsResult result =
      fit(suffix, 0, want["features"].get<std::vector<float>>(), labels,
          {.lbfgs = {.change_tolerance = 1e-14}, .l2 = want["l2"].get<double>()},
          [&](const LbfgsProgress& progress) {
            ++calls;
            EXPECT_EQ(suffix.parameters()[0][0], static_cast<float>(progress.x[0]));
            return true;
          });
  EXPECT_EQ(calls, result.iterations);
  EXPECT_NEAR(result.value, want["loss"].get<double>(), 1e-7);
  EXPECT_LE(result.iterations, want["iterations"].get<int>() + 5);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    EXPECT_NEAR(suffix.parameters()[0][i], weight[i], 1e-5 * std::max(1.0, std::abs(weight[i])));
  }
  for (std::size_t i = 0; i < bias.size(); ++i) {
    EXPECT_NEAR(suffix.parameters()[1][i], bias[i], 1e-5);
  }
}

}  // namespace
}  // namespace engraft::learn
