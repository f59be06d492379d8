#include "learn/suffix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "engraft/error.h"
#include "graph/builder.h"
#include "learn/optimizer.h"
#include "learn/testing/golden.h"
#include "model/initialise.h"

namespace engraft::learn {
namespace {

using Layers = std::vector<graph::Layer>;

// The layers one after another, under the names "0", "1", ... of a Sequential.
graph::Graph chain(std::int64_t channels, graph::Pair size, const Layers& layers) {
  graph::GraphBuilder net("Chain", size);
  graph::Value x = net.input(channels);
  for (const graph::Layer& layer : layers) x = net.add(x, layer);
  return std::move(net).finish("chain");
}

std::vector<float> random_values(std::size_t count, std::uint64_t seed) {
  base::Random random({seed});
  std::vector<float> values(count);
  for (float& value : values) value = random.normal();
  return values;
}

std::set<std::string> all_of(const graph::Graph& graph) {
  const std::vector<std::string> all{"all"};
  return graph::select_parameters(graph, all);
}

// Compares every gradient with the difference that a small change makes.
void check_gradients(const graph::Graph& graph, const std::set<std::string>& trainable,
                     std::int64_t count, const char* what) {
  const base::Shape shape = graph::infer_shapes(graph, count, graph.input_size)[0];
  const auto features = random_values(static_cast<std::size_t>(base::element_count(shape)), 7);
  Suffix suffix(graph, 0, model::initialise_all(graph, 3), trainable);
  std::vector<int> labels;
  for (std::int64_t n = 0; n < count; ++n) labels.push_back(static_cast<int>(n % suffix.classes()));
  constexpr std::uint64_t kKey = 11;
  suffix.train_step(features, labels, kKey);
  std::vector<std::vector<float>> gradients;
  for (const auto& gradient : suffix.gradients())
    gradients.emplace_back(gradient.begin(), gradient.end());

  const double here = suffix.train_step(features, labels, kKey).loss;
  double largest = 0;
  int compared = 0;
  int kinks = 0;
  for (std::size_t p = 0; p < gradients.size(); ++p) {
    const std::span<float> values = suffix.parameters()[p];
    ASSERT_EQ(values.size(), gradients[p].size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float before = values[i];
      constexpr float kStep = 2e-3F;
      values[i] = before + kStep;
      const double up = suffix.train_step(features, labels, kKey).loss;
      values[i] = before - kStep;
      const double down = suffix.train_step(features, labels, kKey).loss;
      values[i] = before;
      // Where a ReLU begins or ends within the step, the two sides' slopes differ.
      if (std::abs(up - 2 * here + down) > 1.2e-6) {
        ++kinks;
        continue;
      }
      ++compared;
      EXPECT_NEAR((up - down) / (2 * kStep), gradients[p][i], 4e-4)
          << what << ", " << suffix.names()[p] << "[" << i << "]";
      largest = std::max(largest, std::abs(double{gradients[p][i]}));
    }
  }
  EXPECT_LT(kinks, compared / 4) << what;
  EXPECT_GT(largest, 1e-2) << what;
}

const Layers kLinearHead{graph::Flatten{}, graph::Linear{.out_features = 6},
                         graph::Linear{.out_features = 3}};

TEST(Suffix, GradientsMatchDifferences) {
  const std::map<const char*, Layers> networks{
      {"Linear", kLinearHead},
      {"Linear without bias",
       {graph::Flatten{}, graph::Linear{.out_features = 6, .bias = false},
        graph::Linear{.out_features = 3}}},
      {"ReLU",
       {graph::Flatten{}, graph::Linear{.out_features = 9}, graph::ReLU{},
        graph::Linear{.out_features = 3}}},
      {"ReLU6",
       {graph::Flatten{}, graph::Linear{.out_features = 9}, graph::ReLU6{},
        graph::Linear{.out_features = 3}}},
      {"Dropout",
       {graph::Flatten{}, graph::Linear{.out_features = 9}, graph::Dropout{.probability = 0.3F},
        graph::Linear{.out_features = 3}}},
      {"Conv2d",
       {graph::Conv2d{.out_channels = 5}, graph::Conv2d{.out_channels = 3},
        graph::AdaptiveAvgPool2d{}, graph::Flatten{}}},
      {"AdaptiveAvgPool2d",
       {graph::Conv2d{.out_channels = 3, .bias = false},
        graph::AdaptiveAvgPool2d{.output = graph::Pair(2, 3)}, graph::Flatten{},
        graph::Linear{.out_features = 3}}},
  };
  for (const auto& [name, layers] : networks) {
    const graph::Graph graph = chain(2, {3, 4}, layers);
    check_gradients(graph, all_of(graph), 4, name);
  }
}

TEST(Suffix, OnlyWhatReLU6LetsThroughHasAGradient) {
  const graph::Graph graph = chain(1, 1,
                                   {graph::Flatten{}, graph::Linear{.out_features = 3},
                                    graph::ReLU6{}, graph::Linear{.out_features = 2}});
  const base::StateDict start{
      {"1.weight", base::Tensor::from(std::vector<float>{-1, 3, 8}, {3, 1})},
      {"1.bias", base::Tensor(base::DType::kFloat32, {3})},
      {"3.weight", base::Tensor::from(std::vector<float>{1, 1, 1, 0, 0, 0}, {2, 3})},
      {"3.bias", base::Tensor(base::DType::kFloat32, {2})}};
  Suffix suffix(graph, 0, start, {"1.bias"});
  const std::vector<float> one{1};
  std::vector<float> logits(2);
  suffix.evaluate(0, one, logits);
  EXPECT_THAT(logits, testing::ElementsAre(9, 0));  // 0 + 3 + 6
  suffix.train_step(one, std::vector<int>{1}, 0);
  EXPECT_THAT(suffix.gradients()[0], testing::ElementsAre(0, testing::FloatNear(1, 1e-3F), 0));
}

TEST(Suffix, GradientsPassThroughFrozenLayers) {
  const graph::Graph graph =
      chain(2, {3, 4},
            {graph::Flatten{}, graph::Linear{.out_features = 6}, graph::ReLU{},
             graph::Linear{.out_features = 5}, graph::Linear{.out_features = 3}});
  check_gradients(graph, {"1.weight", "4.bias"}, 4, "frozen middle");
}

TEST(Suffix, LeavesFrozenParametersAlone) {
  const graph::Graph graph = chain(2, {3, 4}, kLinearHead);
  const base::StateDict start = model::initialise_all(graph, 3);
  Suffix suffix(graph, 0, start, {"2.weight", "2.bias"});
  EXPECT_THAT(suffix.names(), testing::ElementsAre("2.weight", "2.bias"));
  Optimizer optimizer({.learning_rate = 0.1F}, suffix.parameters());
  const std::vector<int> labels{0, 1};
  const std::vector<float> features = random_values(48, 1);
  const double before = suffix.train_step(features, labels, 0).loss;
  optimizer.step(suffix.gradients());
  EXPECT_LT(suffix.train_step(features, labels, 0).loss, before);
  const base::StateDict trained = suffix.trained();
  EXPECT_EQ(trained.size(), 2U);
  EXPECT_NE(trained.at("2.bias").floats()[0], start.at("2.bias").floats()[0]);
  EXPECT_EQ(trained.at("2.weight").shape(), (base::Shape{3, 6}));
}

// A head of PyTorch's under the names of a Sequential, trained as the golden file says.
void check_training(const char* name, const graph::Graph& graph) {
  const nlohmann::json& want = golden("heads")[name];
  base::StateDict start;
  for (const graph::NamedParameter& parameter : graph::named_parameters(graph)) {
    start[parameter.name] = base::Tensor::from(
        want["start"][parameter.name].get<std::vector<float>>(), parameter.shape);
  }
  const auto features = want["features"].get<std::vector<float>>();
  const auto labels = want["labels"].get<std::vector<int>>();
  Suffix suffix(graph, 0, start, all_of(graph));
  Optimizer optimizer({.learning_rate = 0.01F}, suffix.parameters());
  for (const double loss : want["losses"].get<std::vector<double>>()) {
    EXPECT_NEAR(suffix.train_step(features, labels, 0).loss, loss, 1e-6) << name;
    optimizer.step(suffix.gradients());
  }
  for (const auto& [parameter, tensor] : suffix.trained()) {
    const auto end = want["end"][parameter].get<std::vector<float>>();
    for (std::size_t i = 0; i < end.size(); ++i) {
      EXPECT_NEAR(tensor.floats()[i], end[i], 1e-5 * std::max(0.1F, std::abs(end[i])))
          << name << ", " << parameter << "[" << i << "]";
    }
  }
}

TEST(Suffix, TrainsAsPyTorchDoes) {
  check_training("linear", chain(5, 1,
                                 {graph::Flatten{}, graph::Linear{.out_features = 7}, graph::ReLU{},
                                  graph::Linear{.out_features = 3}}));
  check_training("conv", chain(4, {3, 2},
                               {graph::Conv2d{.out_channels = 3}, graph::ReLU{},
                                graph::AdaptiveAvgPool2d{}, graph::Flatten{}}));
}

TEST(Suffix, EvaluatesFromAnyNodeAfterTheCut) {
  const graph::Graph graph =
      chain(2, {3, 4},
            {graph::Flatten{}, graph::Dropout{}, graph::Linear{.out_features = 6}, graph::ReLU{},
             graph::Linear{.out_features = 3}});
  const Suffix suffix(graph, 0, model::initialise_all(graph, 3), {"4.weight"});
  const std::vector<float> features = random_values(2 * 24, 1);
  std::vector<float> from_cut(6);
  suffix.evaluate(0, features, from_cut);
  std::vector<float> after_dropout(6);  // where dropout is the identity, node 2 gives the features
  suffix.evaluate(2, features, after_dropout);
  EXPECT_EQ(from_cut, after_dropout);
  std::vector<float> from_logits(6);
  suffix.evaluate(5, from_cut, from_logits);
  EXPECT_EQ(from_cut, from_logits);
}

TEST(Suffix, DropoutKeepsTheExpectedShareAndScalesIt) {
  for (const float probability : {0.5F, 0.2F, 0.9F}) {
    const graph::Graph graph = chain(1000, 1,
                                     {graph::Flatten{}, graph::Dropout{.probability = probability},
                                      graph::Linear{.out_features = 2}});
    Suffix suffix(graph, 0, model::initialise_all(graph, 3), {"2.weight"});
    const std::vector<float> ones(1000 * 20, 1.0F);
    const std::vector<int> labels(20, 0);
    // Equal logits give each picture the gradient (-1/2, 1/2) / 20, times what dropout let through.
    std::fill(suffix.parameters()[0].begin(), suffix.parameters()[0].end(), 0.0F);
    Suffix flat(graph, 0,
                {{"2.weight", base::Tensor(base::DType::kFloat32, {2, 1000})},
                 {"2.bias", base::Tensor(base::DType::kFloat32, {2})}},
                {"2.weight"});
    flat.train_step(ones, labels, 5);
    double sum = 0;
    for (std::size_t i = 0; i < 1000; ++i) {
      const double survivors = flat.gradients()[0][1000 + i] * 40 * (1 - probability);
      EXPECT_NEAR(survivors, std::round(survivors), 1e-4);
      sum += survivors;
    }
    EXPECT_NEAR(sum / 20'000, 1 - probability, 0.012) << probability;
  }
}

TEST(Suffix, DropoutDependsOnTheKeyButNotOnCoresOrEvaluation) {
  // Large enough for the work to be shared out and for the pictures to be taken in turns.
  const graph::Graph graph = chain(40, 40,
                                   {graph::Dropout{}, graph::Conv2d{.out_channels = 3},
                                    graph::ReLU{}, graph::AdaptiveAvgPool2d{}, graph::Flatten{}});
  const base::StateDict start = model::initialise_all(graph, 3);
  const std::size_t count = 200;
  const std::vector<float> features = random_values(count * 64'000, 1);
  const std::vector<int> labels(count, 1);
  const auto gradient = [&](std::uint64_t key, int workers) {
    Suffix suffix(graph, 0, start, {"1.weight"}, {.workers = workers});
    suffix.train_step(features, labels, key);
    return std::vector<float>(suffix.gradients()[0].begin(), suffix.gradients()[0].end());
  };
  const std::vector<float> one = gradient(1, 1);
  EXPECT_EQ(one, gradient(1, 3));
  EXPECT_NE(one, gradient(2, 1));

  const Suffix suffix(graph, 0, start, {"1.weight"});
  std::vector<float> all(count * 3);
  suffix.evaluate(0, features, all);
  std::vector<float> last(3);
  suffix.evaluate(0, std::span(features).last(64'000), last);
  EXPECT_THAT(last, testing::Pointwise(testing::FloatNear(1e-5F), std::span(all).last(3)));
}

TEST(Suffix, ManyPicturesInTurnsGiveTheGradientOfAll) {
  const graph::Graph graph = chain(3000, 1, {graph::Flatten{}, graph::Linear{.out_features = 2}});
  const base::StateDict start = model::initialise_all(graph, 3);
  const std::size_t count = 4096;  // more than one pass holds
  const std::vector<float> features = random_values(count * 3000, 1);
  std::vector<int> labels;
  for (std::size_t n = 0; n < count; ++n) labels.push_back(static_cast<int>(n % 2));
  Suffix suffix(graph, 0, start, all_of(graph));
  const StepResult whole = suffix.train_step(features, labels, 0);
  const std::vector<float> gradient(suffix.gradients()[0].begin(), suffix.gradients()[0].end());
  std::vector<double> sum(gradient.size());
  double loss = 0;
  std::int64_t correct = 0;
  for (std::size_t first = 0; first < count; first += 512) {
    const StepResult part = suffix.train_step(std::span(features).subspan(first * 3000, 512 * 3000),
                                              std::span(labels).subspan(first, 512), 0);
    loss += part.loss / 8;
    correct += part.correct;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += suffix.gradients()[0][i] / 8.0;
  }
  EXPECT_NEAR(whole.loss, loss, 1e-6);
  EXPECT_EQ(whole.correct, correct);
  for (std::size_t i = 0; i < sum.size(); ++i) ASSERT_NEAR(gradient[i], sum[i], 1e-6);
}

TEST(Suffix, TakesPicturesOfOtherSizesWhereToldSo) {
  const graph::Graph graph = chain(
      2, {3, 4}, {graph::Conv2d{.out_channels = 3}, graph::AdaptiveAvgPool2d{}, graph::Flatten{}});
  const base::StateDict start = model::initialise_all(graph, 3);
  const std::vector<float> features = random_values(2 * 5 * 6, 1);
  std::vector<float> logits(3);
  EXPECT_THROW(Suffix(graph, 0, start, {"0.bias"}).evaluate(0, features, logits), Error);
  Suffix suffix(graph, 0, start, {"0.bias"}, {.train_size = {3, 4}, .eval_size = {5, 6}});
  suffix.evaluate(0, features, logits);
  const std::vector<int> labels{1};
  EXPECT_NO_THROW(suffix.train_step(std::span(features).first(24), labels, 0));
  EXPECT_THROW(suffix.train_step(std::span(features).first(26), labels, 0), Error);
}

TEST(Suffix, StaysWholeWhenMoved) {
  const graph::Graph graph = chain(2, {3, 4}, kLinearHead);
  Suffix first(graph, 0, model::initialise_all(graph, 3), all_of(graph));
  const std::span<float> parameter = first.parameters()[0];
  const Suffix second = std::move(first);
  EXPECT_EQ(second.parameters()[0].data(), parameter.data());
}

std::string message_for(const graph::Graph& graph, const std::string& pattern) {
  const std::vector<std::string> patterns{pattern};
  const std::set<std::string> trainable = graph::select_parameters(graph, patterns);
  try {
    Suffix(graph, graph::find_cut(graph, trainable, graph::Mode::kTrain),
           model::initialise_all(graph, 1), trainable);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Suffix, SaysWhichLayersCanBeTrained) {
  const graph::Graph graph =
      chain(3, 8,
            {graph::Conv2d{.out_channels = 4, .kernel = 3}, graph::BatchNorm2d{}, graph::ReLU{},
             graph::Flatten{}, graph::Linear{.out_features = 5}, graph::ReLU{},
             graph::Linear{.out_features = 2}});
  EXPECT_EQ(
      message_for(graph, "0.weight"),
      "0.weight cannot be trained: gradients do not pass back through 0 (Conv2d 3 × 3); what can "
      "be trained are its last layers, from 4 on (--train head, or --train '4.*')");
  EXPECT_THAT(message_for(graph, "1.*"), testing::HasSubstr("through 1 (BatchNorm2d)"));
  EXPECT_EQ(message_for(graph, "4.*"), "");
}

TEST(Suffix, NamesMissingAndMisshapenParameters) {
  const graph::Graph graph = chain(2, {3, 4}, kLinearHead);
  base::StateDict start = model::initialise_all(graph, 3);
  start["2.weight"] = base::Tensor(base::DType::kFloat32, {4, 6});
  EXPECT_THROW(Suffix(graph, 0, start, {"2.bias"}), Error);
  start.erase("2.weight");
  EXPECT_THROW(Suffix(graph, 0, start, {"2.bias"}), Error);
}

}  // namespace
}  // namespace engraft::learn
