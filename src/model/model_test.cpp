#include "model/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <regex>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"
#include "model/initialise.h"
#include "model/preparation.h"
#include "weights/match.h"
#include "weights/safetensors.h"
#include "zoo/testing/seeded_state.h"
#include "zoo/zoo.h"

namespace engraft::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class SavedModel : public testing::Test {
 protected:
  SavedModel() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "engraft-model-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    model_.graph = graph::with_classes(zoo::build_architecture("sprout"), 3);
    model_.parameters = zoo::seeded_state(model_.graph);
    model_.classes = {"ants", "b\"ees\\", "Käfer 🐞"};
    model_.val_transforms = transforms::parse_pipeline("resize(128) center_crop(128)");
    model_.normalization.mean = {0.5F, 0.25F, 0.125F};
    model_.facts = {{"results", "{\"accuracy\":90}"}};
    file_ = folder_ / "model.safetensors";
  }
  ~SavedModel() override { std::filesystem::remove_all(folder_); }

  std::string problem() const {
    try {
      load_model(file_, zoo::build_architecture);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  base::Path folder_;
  base::Path file_;
  Model model_;
};

TEST_F(SavedModel, ComesBackAsItWas) {
  save_model(model_, file_);
  const Model loaded = load_model(file_);
  EXPECT_EQ(loaded.classes, model_.classes);
  EXPECT_EQ(to_string(loaded.val_transforms), to_string(model_.val_transforms));
  EXPECT_EQ(loaded.normalization, model_.normalization);
  EXPECT_EQ(loaded.facts, model_.facts);
  EXPECT_EQ(graph::class_count(loaded.graph), 3);
  ASSERT_EQ(loaded.parameters.size(), model_.parameters.size());
  for (const auto& [name, tensor] : model_.parameters) {
    EXPECT_TRUE(std::ranges::equal(loaded.parameters.at(name).bytes(), tensor.bytes())) << name;
  }
}

// Whoever predicts needs no table of networks.
TEST_F(SavedModel, CarriesItsNetwork) {
  save_model(model_, file_);
  const Model loaded = load_model(file_);
  EXPECT_EQ(loaded.graph.architecture, "sprout");
  EXPECT_EQ(loaded.graph.input_size, model_.graph.input_size);
  EXPECT_EQ(graph::print_graph(loaded.graph), graph::print_graph(model_.graph));

  weights::WeightFile file = weights::read_weights(file_);
  file.metadata.erase("graph");  // as 0.1.0 wrote it
  weights::write_safetensors(file_, file.tensors, file.metadata);
  EXPECT_EQ(problem(), "no error");
  EXPECT_THAT(
      base::message_of<Error>([&] { load_model(file_); }),
      AllOf(HasSubstr("model.safetensors"), HasSubstr("sprout"), HasSubstr("engraft convert")));
}

TEST_F(SavedModel, KeepsANormalizationThatWasSaid) {
  const transforms::Normalization half{{0.5F, 0.5F, 0.5F}, {0.5F, 0.5F, 0.5F}};
  prepare(model_, {.val_transforms = transforms::parse_pipeline("resize(64x64) normalize(none)")});
  EXPECT_EQ(to_string(model_.val_transforms), "resize(64x64)");
  EXPECT_EQ(model_.normalization, transforms::kNoNormalization);
  prepare(model_, {.normalization = half});
  save_model(model_, file_);
  EXPECT_EQ(load_model(file_).normalization, half);
  // Whoever builds a model by hand may leave it in the pipeline.
  model_.val_transforms.normalization = transforms::kNoNormalization;
  save_model(model_, file_);
  EXPECT_EQ(load_model(file_).normalization, transforms::kNoNormalization);
  EXPECT_EQ(to_string(load_model(file_).val_transforms), "resize(64x64)");
}

TEST_F(SavedModel, WantsOneNormalization) {
  const Preparation preparation{
      .val_transforms = transforms::parse_pipeline("resize(64x64) normalize(none)"),
      .train_transforms = transforms::parse_pipeline("hflip normalize(mean=0.5,std=0.5)")};
  EXPECT_THROW(prepare(model_, preparation), Error);
}

TEST_F(SavedModel, SaysWhatIsWrongWithAFile) {
  EXPECT_THAT(problem(), HasSubstr("model.safetensors"));  // there is none
  weights::write_safetensors(file_, model_.parameters, {});
  EXPECT_THAT(problem(), AllOf(HasSubstr("no model saved by engraft"), HasSubstr("--weights")));
  const auto with = [&](const char* architecture, const char* classes, const char* preprocessing) {
    weights::write_safetensors(
        file_, model_.parameters,
        {{"architecture", architecture}, {"classes", classes}, {"preprocessing", preprocessing}});
    return problem();
  };
  constexpr const char* kClasses = R"(["a","b","c"])";
  constexpr const char* kPreprocessing =
      R"json({"val_transforms":"resize(128)","mean":[0,0,0],"std":[1,1,1]})json";
  EXPECT_EQ(with("sprout", kClasses, kPreprocessing), "no error");
  EXPECT_THAT(with("sprouts", kClasses, kPreprocessing), HasSubstr("sprouts"));
  EXPECT_THAT(with("sprout", "[", kPreprocessing), HasSubstr("damaged"));
  EXPECT_THAT(with("sprout", "[]", kPreprocessing), HasSubstr("no classes"));
  EXPECT_THAT(with("sprout", kClasses, "{}"), HasSubstr("damaged"));
  constexpr const char* kNoDeviation =
      R"json({"val_transforms":"resize(128)","mean":[0,0,0],"std":[1,0,1]})json";
  EXPECT_THAT(with("sprout", kClasses, kNoDeviation), HasSubstr("deviation of 0 is not above 0"));
  EXPECT_THAT(with("sprout", R"(["a","b"])", kPreprocessing), HasSubstr("of another shape"));
  save_model(model_, file_);
  std::filesystem::resize_file(file_, std::filesystem::file_size(file_) - 5);
  EXPECT_THAT(problem(), HasSubstr("cut off: 5 bytes"));
}

// A damaged disk or a limit of the format must not show a day later.
TEST_F(SavedModel, SaysWhichFileHasAnImpossibleNetwork) {
  const std::string graph =
      R"({"version": 1, "architecture": "own", "input_size": [8, 8], "nodes": [
      {"layer": "input", "channels": 3, "name": "in", "inputs": []},
      {"layer": "channel_shuffle", "groups": 0, "name": "shuffle", "inputs": [0]}],
    "modules": {"name": "", "type": "", "description": "", "children": []}})";
  weights::write_safetensors(file_, model_.parameters,
                             {{"architecture", "own"}, {"graph", graph}, {"classes", "[\"a\"]"}});
  EXPECT_THAT(problem(), AllOf(HasSubstr("model.safetensors: no valid graph: own, shuffle:"),
                               HasSubstr("groups are 0")));
}

TEST_F(SavedModel, IsReadBackBeforeItCountsAsSaved) {
  save_model(model_, file_);
  const std::string before = base::read_text(file_);
  model_.classes.pop_back();  // the head has three rows
  const std::string message = base::message_of<Error>([&] { save_model(model_, file_); });
  EXPECT_THAT(message, AllOf(HasSubstr("model.safetensors"), HasSubstr("not saved")));
  EXPECT_EQ(base::read_text(file_), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(SavedModel, HoldsTenThousandClasses) {
  model_.classes.clear();
  std::size_t letters = 0;
  for (int k = 0; k < 10'000; ++k) {
    model_.classes.push_back("species number " + std::to_string(k));
    letters += model_.classes.back().size() + 3;
  }
  model_.graph = graph::with_classes(model_.graph, 10'000);
  initialise_head(model_.parameters, model_.graph, 1);
  save_model(model_, file_);
  EXPECT_EQ(load_model(file_).classes, model_.classes);
  const base::MappedFile file = base::map_file(file_);
  std::uint64_t header = 0;
  std::memcpy(&header, file.bytes.data(), sizeof header);
  EXPECT_LT(header, 1'000'000 + 2 * letters);
}

TEST_F(SavedModel, HasAVersion) {
  save_model(model_, file_);
  std::map<std::string, std::string> metadata = weights::read_weights(file_).metadata;
  EXPECT_EQ(metadata.at("engraft.format"), "1");
  metadata.erase("engraft.format");  // 0.1.0 wrote none
  weights::write_safetensors(file_, model_.parameters, metadata);
  EXPECT_EQ(problem(), "no error");
  for (const char* newer : {"2", "10", "x"}) {
    metadata["engraft.format"] = newer;
    weights::write_safetensors(file_, model_.parameters, metadata);
    EXPECT_THAT(problem(), AllOf(HasSubstr("model.safetensors"), HasSubstr(newer),
                                 HasSubstr("newer engraft")));
  }
}

TEST(TakeParameters, ListsWhatDoesNotFit) {
  const graph::Graph graph = zoo::build_architecture("resnet18");
  base::StateDict state = zoo::seeded_state(graph);
  state.erase("conv1.weight");
  state["layer1.0.bn1.weight"] = base::Tensor(base::DType::kFloat32, {3});
  state["extra"] = base::Tensor(base::DType::kFloat32, {1});
  try {
    weights::take_parameters(graph, {state}, "file.pth", weights::HeadWeights::kNeeded);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("file.pth"), HasSubstr("missing (1): conv1.weight"),
                      HasSubstr("layer1.0.bn1.weight [3] instead of [64]"), HasSubstr("extra")));
  }
}

TEST(TakeParameters, PassesOverTheHeadThatIsReplaced) {
  const graph::Graph graph = graph::with_classes(zoo::build_architecture("resnet18"), 2);
  const base::StateDict state =
      zoo::seeded_state(zoo::build_architecture("resnet18"));  // 1000 classes
  EXPECT_THROW(weights::take_parameters(graph, {state}, "f", weights::HeadWeights::kNeeded), Error);
  const base::StateDict taken =
      weights::take_parameters(graph, {state}, "f", weights::HeadWeights::kReplaced);
  EXPECT_FALSE(taken.contains("fc.weight"));
  EXPECT_TRUE(taken.contains("conv1.weight"));
}

TEST(TakeParameters, OldFilesHaveNoCounters) {
  const graph::Graph graph = zoo::build_architecture("resnet18");
  base::StateDict state = zoo::seeded_state(graph);
  std::erase_if(state, [](const auto& one) { return one.first.ends_with("num_batches_tracked"); });
  const base::StateDict taken =
      weights::take_parameters(graph, {state}, "f", weights::HeadWeights::kNeeded);
  EXPECT_EQ(taken.at("bn1.num_batches_tracked").dtype(), base::DType::kInt64);
}

TEST(TakeParameters, DenseNetsPublishedFilesHaveOlderNames) {
  const graph::Graph graph = zoo::build_architecture("densenet121");
  const base::StateDict state = zoo::seeded_state(graph);
  base::StateDict older;
  int renamed = 0;
  for (const auto& [name, tensor] : state) {
    const std::string old_name =
        std::regex_replace(name, std::regex("(denselayer\\d+\\.(norm|conv))([12])"), "$1.$3");
    renamed += old_name != name ? 1 : 0;
    older[old_name] = tensor;
  }
  ASSERT_EQ(renamed, 58 * 12);  // layers, and what two norms and two convolutions store
  const weights::FoundParameters found = weights::find_parameters(graph, {older}, {"f"});
  EXPECT_THAT(found.notes, testing::IsEmpty());
  const base::StateDict taken =
      weights::take_parameters(graph, found, "f", weights::HeadWeights::kNeeded);
  EXPECT_EQ(taken.size(), state.size());
}

TEST(TakeParameters, AuxiliaryHeadsMayBeAbsentOrOfOtherClasses) {
  const graph::Graph graph = graph::with_classes(zoo::build_architecture("googlenet"), 2);
  base::StateDict state = zoo::seeded_state(zoo::build_architecture("googlenet"));
  base::StateDict taken =
      weights::take_parameters(graph, {state}, "f", weights::HeadWeights::kReplaced);
  EXPECT_TRUE(taken.contains("aux1.conv.conv.weight"));
  EXPECT_FALSE(taken.contains("aux1.fc2.weight"));
  std::erase_if(state, [](const auto& one) { return one.first.starts_with("aux"); });
  taken = weights::take_parameters(graph, {state}, "f", weights::HeadWeights::kReplaced);
  initialise_head(taken, graph, 0);
  initialise_auxiliary(taken, graph, 0);
  for (const graph::NamedParameter& parameter : graph::named_parameters(graph)) {
    ASSERT_TRUE(taken.contains(parameter.name)) << parameter.name;
    EXPECT_EQ(taken.at(parameter.name).shape(), parameter.shape) << parameter.name;
  }
}

// SWAG's vision transformers have more positions than the network was built with.
TEST(Fitted, TakesAsManyPositionsAsTheWeightsHave) {
  const graph::Graph usual = graph::with_classes(zoo::build_architecture("vit_b_32"), 3);
  const graph::Graph larger = graph::with_grid(usual, 12);
  EXPECT_EQ(larger.input_size, graph::Pair(384));
  base::StateDict state;  // the positions' shape alone decides
  state["encoder.pos_embedding"] = base::Tensor(base::DType::kFloat32, {1, 145, 768});
  const graph::Graph fitted = weights::fitted_to(usual, state);
  EXPECT_EQ(fitted.input_size, graph::Pair(384));
  EXPECT_EQ(graph::cost_of(fitted).parameters, graph::cost_of(larger).parameters);
  EXPECT_EQ(graph::cost_of(fitted).parameters - graph::cost_of(usual).parameters, (144 - 49) * 768);

  state["encoder.pos_embedding"] = base::Tensor(base::DType::kFloat32, {1, 50, 768});
  EXPECT_EQ(weights::fitted_to(usual, state).input_size, graph::Pair(224));
  state["encoder.pos_embedding"] = base::Tensor(base::DType::kFloat32, {1, 48, 768});  // no square
  EXPECT_EQ(weights::fitted_to(usual, state).input_size, graph::Pair(224));
  EXPECT_EQ(weights::fitted_to(usual, {}).input_size, graph::Pair(224));
  EXPECT_EQ(weights::fitted_to(zoo::build_architecture("resnet18"), state).input_size,
            graph::Pair(224));
}

}  // namespace
}  // namespace engraft::model
