#include "weights/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"
#include "graph/builder.h"
#include "weights/match.h"

namespace engraft::weights {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Rename = std::function<std::string(const std::string&)>;

graph::Graph network(const std::string& name = "small") {
  graph::GraphBuilder net("Small", {16, 16});
  graph::Value x = net.input();
  x = net.add("features.0", x, graph::Conv2d{.out_channels = 8, .kernel = 3, .padding = 1});
  x = net.add("features.1", x, graph::BatchNorm2d{});
  x = net.add("features.2", x, graph::ReLU{});
  x = net.add("pool", x, graph::AdaptiveAvgPool2d{.output = 1});
  x = net.apply(graph::Flatten{}, {x});
  net.add("head", x, graph::Linear{.out_features = 4});
  return std::move(net).finish(name);
}

// The network's parameters, all numbers `value`, under other names.
base::StateDict written(float value, const Rename& rename) {
  base::StateDict state;
  for (const graph::NamedParameter& parameter : graph::named_parameters(network())) {
    base::Tensor tensor(parameter.dtype, parameter.shape);
    if (parameter.dtype == base::DType::kFloat32) {
      std::ranges::fill(tensor.mutable_floats(), value);
    }
    state[rename(parameter.name)] = tensor;
  }
  return state;
}

Rename under(const std::string& prefix) {
  return [prefix](const std::string& name) { return prefix + name; };
}

base::StateDict together(std::initializer_list<base::StateDict> parts) {
  base::StateDict all;
  for (base::StateDict part : parts) all.merge(part);
  return all;
}

FoundParameters find(const base::StateDict& tensors, const std::string& key = "") {
  return find_parameters(network(), {.tensors = tensors}, {.file = "f.pth", .key = key});
}

// The value of the copy that is taken whole, and what is said.
struct Taken {
  float value;
  std::string notes;
};

Taken taken(const base::StateDict& tensors, const std::string& key = "",
            HeadWeights head = HeadWeights::kNeeded) {
  const graph::Graph graph = network();
  const FoundParameters found = find(tensors, key);
  std::string notes;
  const auto note = [&](const std::string& text) { notes += text + "\n"; };
  std::ranges::for_each(found.notes, note);
  const base::StateDict state = take_parameters(graph, found, "f.pth", head, note);
  return {state.at("features.0.weight").floats()[0], notes};
}

std::string problem_of(const base::StateDict& tensors, const std::string& key = "") {
  return base::message_of<Error>([&] { taken(tensors, key); });
}

TEST(FindParameters, LeavesTheNetworksOwnNamesAlone) {
  const FoundParameters found = find(written(1, under("")));
  EXPECT_THAT(found.notes, IsEmpty());
  EXPECT_EQ(found.tensors.size(), 9U);
}

TEST(FindParameters, TakesOffWhateverStandsBefore) {
  for (const std::string prefix :
       {"module.", "_orig_mod.", "module._orig_mod.", "model.", "backbone.", "encoder_q.", "net.",
        "weights.", "params.", "ema.", "teacher.", "checkpoint.model_state_dict.",
        "state_dict.module.encoder."}) {
    const Taken one = taken(written(2, under(prefix)));
    EXPECT_EQ(one.value, 2) << prefix;
    EXPECT_THAT(one.notes, HasSubstr("f.pth: took \"" + prefix + "\" off 9 names")) << prefix;
  }
}

TEST(FindParameters, TakesWrappersOutOfTheMiddle) {
  const Taken one = taken(written(3, [](const std::string& name) {
    return name.starts_with("features.") ? "features.module." + name.substr(9) : name;
  }));
  EXPECT_EQ(one.value, 3);
  EXPECT_THAT(one.notes, HasSubstr("\"module.\" off 7 names"));
}

TEST(FindParameters, AsksForNoPrefixOnEveryName) {
  const Taken one = taken(written(
      4, [](const std::string& name) { return name == "head.bias" ? name : "module." + name; }));
  EXPECT_EQ(one.value, 4);
  EXPECT_THAT(one.notes, HasSubstr("\"module.\" off 8 names"));
  // A head beside its backbone.
  EXPECT_EQ(taken(written(5,
                          [](const std::string& name) {
                            return name.starts_with("head.") ? name : "backbone." + name;
                          }))
                .value,
            5);
}

// "0.weight" stands in "features.0.weight" too.
TEST(FindParameters, ConfusesNoNameWithTheEndOfAnother) {
  graph::GraphBuilder net("Nested", {16, 16});
  graph::Value x = net.input();
  x = net.add("conv", x, graph::Conv2d{.out_channels = 8, .kernel = 1});
  x = net.add("block.conv", x, graph::Conv2d{.out_channels = 8, .kernel = 1});
  x = net.add("pool", x, graph::AdaptiveAvgPool2d{.output = 1});
  x = net.apply(graph::Flatten{}, {x});
  net.add("head", x, graph::Linear{.out_features = 2});
  const graph::Graph graph = std::move(net).finish("nested");
  base::StateDict state;
  for (const graph::NamedParameter& parameter : graph::named_parameters(graph)) {
    if (parameter.name != "conv.bias") {
      state["model." + parameter.name] = base::Tensor(parameter.dtype, parameter.shape);
    }
  }
  const FoundParameters found = find_parameters(graph, {.tensors = state}, {.file = "f"});
  EXPECT_FALSE(found.tensors.contains("conv.bias"));
  EXPECT_TRUE(found.tensors.contains("block.conv.bias"));
}

TEST(FindParameters, PrefersAveragedWeights) {
  const Taken timm =
      taken(together({written(1, under("state_dict.")), written(2, under("state_dict_ema."))}));
  EXPECT_EQ(timm.value, 2);
  EXPECT_THAT(timm.notes, AllOf(HasSubstr("averaged (EMA) weights under state_dict_ema"),
                                HasSubstr("others: state_dict"), HasSubstr("FILE:KEY")));
  base::StateDict torchvision =
      together({written(1, under("model.")), written(2, under("model_ema.module."))});
  torchvision["model_ema.n_averaged"] = base::Tensor(base::DType::kInt64, {});
  EXPECT_EQ(taken(torchvision).value, 2);
  EXPECT_EQ(taken(torchvision, "model").value, 1);
  EXPECT_EQ(taken(torchvision, "model_ema").value, 2);
  // AveragedModel alone, under whatever name.
  base::StateDict averaged = together({written(1, under("a.")), written(2, under("b.module."))});
  averaged["b.n_averaged"] = base::Tensor(base::DType::kInt64, {});
  EXPECT_EQ(taken(averaged).value, 2);
  // Averages of the parameters alone are no whole network.
  base::StateDict some = written(2, under("ema."));
  std::erase_if(some,
                [](const auto& one) { return one.first.find("running") != std::string::npos; });
  EXPECT_EQ(taken(together({written(1, under("model.")), some})).value, 1);
}

TEST(FindParameters, ChoosesTheUsualPlaceOrAsks) {
  EXPECT_EQ(taken(together({written(1, under("best.")), written(2, under("model."))})).value, 2);
  EXPECT_EQ(taken(together({written(1, under("state_dict.module.encoder_q.")),
                            written(2, under("state_dict.module.encoder_k."))}))
                .value,
            1);
  const base::StateDict two =
      together({written(1, under("student.")), written(2, under("teacher."))});
  EXPECT_THAT(problem_of(two), AllOf(HasSubstr("small more than once"),
                                     HasSubstr("--weights f.pth:student  (6 of 6 parameters)"),
                                     HasSubstr("--weights f.pth:teacher")));
  EXPECT_EQ(taken(two, "teacher").value, 2);
  EXPECT_THAT(problem_of(two, "teach"),
              AllOf(HasSubstr("no small under \"teach\""), HasSubstr("f.pth:teacher")));
  EXPECT_THAT(problem_of({{"x", base::Tensor(base::DType::kFloat32, {1})}}, "net"),
              HasSubstr("neither under \"net\""));
}

TEST(FindParameters, TakesTheDictionaryThatHoldsMost) {
  base::StateDict half = written(1, under("a."));
  half.erase("a.features.0.bias");
  EXPECT_EQ(taken(together({half, written(2, under("b."))})).value, 2);
  // A backbone alone is less than a network with its head, which decides where the head is
  // replaced.
  base::StateDict backbone = written(1, under("model."));
  std::erase_if(backbone,
                [](const auto& one) { return one.first.find("head") != std::string::npos; });
  EXPECT_EQ(taken(together({backbone, written(2, under("whole."))})).value, 2);
  EXPECT_EQ(taken(backbone, "", HeadWeights::kReplaced).value, 1);
  // What an optimiser keeps under the same names is no copy.
  EXPECT_EQ(taken(together({written(1, under("optimizer.exp_avg.")),
                            written(2, under("network.weights."))}))
                .value,
            2);
}

TEST(FindParameters, SaysWhatIsLeftOverWhereTheHeadIsReplaced) {
  base::StateDict state = written(1, under("model."));
  state["model.projector.weight"] = base::Tensor(base::DType::kFloat32, {1});
  const Taken one = taken(state, "", HeadWeights::kReplaced);
  EXPECT_THAT(one.notes, AllOf(HasSubstr("unknown to the network (1): projector.weight"),
                               HasSubstr("passed over")));
  EXPECT_THAT(problem_of(state), HasSubstr("unknown to the network (1): projector.weight"));
  // What lies outside of the network's dictionary is none of its business.
  state.erase("model.projector.weight");
  state["queue"] = base::Tensor(base::DType::kFloat32, {1});
  EXPECT_THAT(taken(state).notes, Not(HasSubstr("queue")));
}

TEST(FindParameters, RefusesWhatStandsInForATensor) {
  base::StateDict state = written(1, under("model."));
  state.erase("model.head.weight");
  const WeightFile file{
      .tensors = state,
      .foreign = {{"args", "argparse.Namespace"}, {"model.head.weight", "posix.system"}}};
  EXPECT_THAT(base::message_of<Error>([&] {
                take_parameters(network(), find_parameters(network(), file, {.file = "f"}), "f",
                                HeadWeights::kNeeded);
              }),
              AllOf(HasSubstr("refused"), HasSubstr("head.weight is \"posix.system\""),
                    HasSubstr("may be malicious"), Not(HasSubstr("Namespace"))));
  const FoundParameters found = find_parameters(network(), file, {.file = "f"});
  EXPECT_EQ(take_parameters(network(), found, "f", HeadWeights::kReplaced).size(), 7U);
}

// A hundred thousand other entries, and a name of nothing but dots.
TEST(FindParameters, IsQuickWithManyNames) {
  base::StateDict state = written(1, under("module."));
  const base::Tensor tensor(base::DType::kFloat32, {1});
  for (int i = 0; i < 100'000; ++i) state["a.b.c.d.e.f.g" + std::to_string(i)] = tensor;
  std::string dots(2'000'000, '.');
  state[dots] = tensor;
  EXPECT_EQ(taken(state, "", HeadWeights::kReplaced).value, 1);
}

}  // namespace
}  // namespace engraft::weights
