#include "model/pretrained.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"
#include "weights/safetensors.h"
#include "zoo/zoo.h"

namespace engraft::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;

bool is_head(const std::string& name) { return name.starts_with("fc."); }

// Number for number: what the program has built in is stored as float16.
bool same(const base::Tensor& a, const base::Tensor& b) {
  return a.shape() == b.shape() &&
         std::ranges::equal(a.as_float32().floats(), b.as_float32().floats());
}

// How many parameters of the backbone are those of `tensors`.
std::int64_t shared_with(const base::StateDict& tensors, const Model& model) {
  return std::ranges::count_if(model.parameters, [&](const auto& one) {
    return !is_head(one.first) && same(one.second, tensors.at(one.first));
  });
}

TEST(PretrainedModel, SproutComesWithTheProgram) {
  const Model model = pretrained_model("sprout", {});
  const weights::WeightFile file = zoo::embedded_sprout();
  EXPECT_EQ(model.classes.size(), 48U);
  EXPECT_NE(model.classes[0], "0");  // its own names, not numbers
  EXPECT_EQ(model.parameters.size(), graph::named_parameters(model.graph).size());
  for (const auto& [name, tensor] : model.parameters) {
    EXPECT_TRUE(same(tensor, file.tensors.at(name))) << name;
  }
}

TEST(PretrainedModel, WithoutWeightsIsRandomByTheSeed) {
  const Model model = pretrained_model("resnet18", {.weights = "none", .seed = 1});
  EXPECT_EQ(model.classes[0], "tench");
  EXPECT_EQ(model.classes.size(), 1000U);
  const Model again = pretrained_model("resnet18", {.weights = "none", .seed = 1});
  const Model other = pretrained_model("resnet18", {.weights = "none", .seed = 2});
  EXPECT_TRUE(same(model.parameters.at("conv1.weight"), again.parameters.at("conv1.weight")));
  EXPECT_FALSE(same(model.parameters.at("conv1.weight"), other.parameters.at("conv1.weight")));
}

TEST(PretrainedModel, TakesAFileWithItsClassNames) {
  const base::TestFolder folder;
  Model model = pretrained_model("sprout", {.weights = "none", .seed = 3});
  model.classes[47] = "Käfer";
  model.val_transforms = transforms::parse_pipeline("resize(128x128)");
  const base::Path path = folder.path() / "model.safetensors";
  save_model(model, path);
  const Model taken = pretrained_model("sprout", {.weights = path.string()});
  EXPECT_EQ(taken.classes, model.classes);
  for (const auto& [name, tensor] : model.parameters) {
    EXPECT_TRUE(same(taken.parameters.at(name), tensor)) << name;
  }
}

TEST(ModelForClasses, KeepsTheBackboneUnderAFreshHead) {
  const weights::WeightFile file = zoo::embedded_sprout();
  const Model model = model_for_classes("sprout", {"ants", "bees", "crabs"}, {.seed = 1});
  EXPECT_EQ(model.classes, (std::vector<std::string>{"ants", "bees", "crabs"}));
  EXPECT_EQ(graph::class_count(model.graph), 3);
  EXPECT_EQ(model.parameters.at("fc.weight").shape(), (base::Shape{3, 192}));
  EXPECT_EQ(model.parameters.size(), graph::named_parameters(model.graph).size());
  EXPECT_EQ(shared_with(file.tensors, model), std::ssize(model.parameters) - 2);

  const Model other = model_for_classes("sprout", model.classes, {.seed = 2});
  EXPECT_FALSE(same(other.parameters.at("fc.weight"), model.parameters.at("fc.weight")));
  EXPECT_EQ(shared_with(other.parameters, model), std::ssize(model.parameters) - 2);
}

TEST(ModelForClasses, TakesTheBackboneOfAModelWithOtherClasses) {
  const base::TestFolder folder;
  const base::Path path = folder.path() / "ten.safetensors";
  const Model ten = model_for_classes("sprout", std::vector<std::string>(10, "x"),
                                      {.weights = "none", .seed = 4});
  save_model(ten, path);
  const PretrainedOptions options{.weights = path.string(), .seed = 5};
  const Model two = model_for_classes("sprout", {"ants", "bees"}, options);
  EXPECT_EQ(shared_with(ten.parameters, two), std::ssize(two.parameters) - 2);
  EXPECT_EQ(two.classes, (std::vector<std::string>{"ants", "bees"}));

  // As many classes are no reason to keep the head: they are others.
  const Model anew = model_for_classes("sprout", std::vector<std::string>(10, "y"), options);
  EXPECT_FALSE(same(anew.parameters.at("fc.weight"), ten.parameters.at("fc.weight")));
}

TEST(Pretrained, SaysWhatThereIs) {
  const auto problem = [](const char* network, const std::string& weights) {
    return base::message_of<Error>([&] { pretrained_model(network, {.weights = weights}); });
  };
  EXPECT_THAT(problem("resnet18", "IMAGENET1K_V9"),
              AllOf(HasSubstr("IMAGENET1K_V9"), HasSubstr("IMAGENET1K_V1"), HasSubstr("none")));
  EXPECT_THAT(problem("sprout", "IMAGENET1K_V1"), HasSubstr("built in"));
  EXPECT_THAT(problem("resnet19", "none"), HasSubstr("resnet18"));
  EXPECT_THAT(base::message_of<Error>([] { fetch_published("sprout", {}); }),
              HasSubstr("built in"));

  const base::TestFolder folder;
  const std::string path = (folder.path() / "sprout.safetensors").string();
  weights::write_safetensors(path, zoo::embedded_sprout().tensors, {});
  EXPECT_THAT(problem("alexnet", path), AllOf(HasSubstr(path), HasSubstr("alexnet")));
}

}  // namespace
}  // namespace engraft::model
