#include "pretrained/pretrained.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"
#include "model/initialise.h"
#include "onnx/testing/written_onnx.h"
#include "pretrained/preprocessing.h"
#include "weights/safetensors.h"
#include "zoo/zoo.h"

namespace engraft::pretrained {
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

// torchvision's way to end a training: torch.save(model.state_dict(), ...), two classes, no names.
TEST(PretrainedModel, TakesAFinishedNetworkWithItsNumberOfClasses) {
  const base::TestFolder folder;
  const std::string path = (folder.path() / "finished.safetensors").string();
  const Model two = model_for_classes("sprout", {"ants", "bees"}, {.seed = 3});
  weights::write_safetensors(path, two.parameters, {});
  std::string notes;
  const Model taken = pretrained_model(
      "sprout", {.weights = path, .note = [&](const std::string& text) { notes += text + "\n"; }});
  EXPECT_EQ(taken.classes, (std::vector<std::string>{"0", "1"}));
  EXPECT_THAT(notes, HasSubstr("2 classes without names are called 0 to 1; --classes"));
  EXPECT_EQ(graph::class_count(taken.graph), 2);
  EXPECT_TRUE(same(taken.parameters.at("fc.weight"), two.parameters.at("fc.weight")));
}

// One output trained with BCEWithLogitsLoss: softmax over [0, z] is the sigmoid of z.
TEST(PretrainedModel, TakesOneOutputAsTwoClasses) {
  const base::TestFolder folder;
  const std::string path = (folder.path() / "one.safetensors").string();
  const Model one = model_for_classes("sprout", {"bees"}, {.seed = 3});
  weights::write_safetensors(path, one.parameters, {});
  const Model taken = pretrained_model("sprout", {.weights = path});
  EXPECT_EQ(taken.classes, (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(graph::class_count(taken.graph), 2);
  const base::Tensor& weight = taken.parameters.at("fc.weight");
  EXPECT_EQ(weight.shape(), (base::Shape{2, 192}));
  for (std::size_t i = 0; i < 192; ++i) {
    EXPECT_EQ(weight.floats()[i], 0);
    EXPECT_EQ(weight.floats()[192 + i], one.parameters.at("fc.weight").floats()[i]);
  }
  EXPECT_EQ(taken.parameters.at("fc.bias").floats()[1], one.parameters.at("fc.bias").floats()[0]);
}

// A head of several layers cannot be used, but what stands before it can.
TEST(ModelForClasses, PassesOverAHeadOfSeveralLayers) {
  const base::TestFolder folder;
  const std::string path = (folder.path() / "mlp.safetensors").string();
  base::StateDict state = zoo::embedded_sprout().tensors;
  state["fc.1.weight"] = state.at("fc.weight");
  state["fc.4.weight"] = base::Tensor(base::DType::kFloat32, {2, 48});
  state.erase("fc.weight");
  state.erase("fc.bias");
  weights::write_safetensors(path, state, {});
  std::string notes;
  const Model model = model_for_classes(
      "sprout", {"ants", "bees"},
      {.weights = path, .note = [&](const std::string& text) { notes += text + "\n"; }});
  EXPECT_THAT(notes, HasSubstr("unknown to the network (2): fc.1.weight fc.4.weight"));
  EXPECT_EQ(shared_with(state, model), std::ssize(model.parameters) - 2);
  EXPECT_THAT(base::message_of<Error>([&] { pretrained_model("sprout", {.weights = path}); }),
              AllOf(HasSubstr("missing (2): fc.weight fc.bias"), HasSubstr("fc.1.weight")));
}

TEST(ModelForClasses, KeepsTheHeadForTheSameClasses) {
  const base::TestFolder folder;
  const base::Path path = folder.path() / "last.safetensors";
  const Model last = model_for_classes("sprout", {"ants", "bees", "crabs"}, {.seed = 4});
  save_model(last, path);
  std::string notes;
  const PretrainedOptions options{
      .weights = path.string(), .seed = 5, .note = [&](const std::string& text) { notes += text; }};
  const Model same_order = model_for_classes("sprout", last.classes, options);
  EXPECT_THAT(notes, HasSubstr("the head is kept, for its classes are the same"));
  EXPECT_TRUE(same(same_order.parameters.at("fc.weight"), last.parameters.at("fc.weight")));
  const Model other_order = model_for_classes("sprout", {"crabs", "ants", "bees"}, options);
  for (const char* name : {"fc.weight", "fc.bias"}) {
    const std::span<const float> was = last.parameters.at(name).floats();
    const std::span<const float> is = other_order.parameters.at(name).floats();
    const std::size_t row = was.size() / 3;
    EXPECT_TRUE(std::ranges::equal(is.first(row), was.last(row))) << name;
    EXPECT_TRUE(std::ranges::equal(is.last(row), was.subspan(row, row))) << name;
  }
  notes.clear();
  const Model others = model_for_classes("sprout", {"ants", "bees", "spiders"}, options);
  EXPECT_FALSE(same(others.parameters.at("fc.weight"), last.parameters.at("fc.weight")));
  EXPECT_EQ(notes.find("kept"), std::string::npos);
}

TEST(OpenPretrained, PreparesPicturesAsTheFileNeeds) {
  const base::TestFolder folder;
  std::string notes;
  const auto open = [&](const char* network, const std::string& file, base::StateDict state,
                        const std::map<std::string, std::string>& metadata = {}) {
    const std::string path = (folder.path() / file).string();
    weights::write_safetensors(path, state, metadata);
    notes.clear();
    return open_pretrained(
        network, {.weights = path, .note = [&](const std::string& text) { notes += text + "\n"; }});
  };
  const auto val = [](const Pretrained& network) { return to_string(network.preprocessing.val); };
  const base::StateDict mobilenet =
      model::initialise_all(zoo::build_architecture("mobilenet_v2"), 1);
  EXPECT_THAT(val(open("mobilenet_v2", "mine.safetensors", mobilenet)), HasSubstr("resize(256)"));
  EXPECT_THAT(notes, HasSubstr("prepared as for IMAGENET1K_V1, since this file is in no table"));
  // By its name, whatever a browser added to it.
  for (const char* name : {"mobilenet_v2-7ebf99e0.pth", "mobilenet_v2-7ebf99e0 (1).pth"}) {
    EXPECT_THAT(val(open("mobilenet_v2", name, mobilenet)), HasSubstr("resize(232)")) << name;
    EXPECT_THAT(notes, HasSubstr("for IMAGENET1K_V2, which this file is"));
  }
  // What a saved model says of itself comes first.
  Model saved = model_for_classes("sprout", {"ants", "bees"}, {});
  saved.val_transforms = transforms::parse_pipeline("resize(100x100)");
  saved.normalization.mean = {0.5F, 0.25F, 0.125F};
  save_model(saved, folder.path() / "saved.safetensors");
  const Pretrained again =
      open_pretrained("sprout", {.weights = (folder.path() / "saved.safetensors").string()});
  EXPECT_EQ(val(again), "resize(100x100)");
  EXPECT_EQ(again.preprocessing.normalization.mean, saved.normalization.mean);
}

// In the table by what they hold, where not by their names.
TEST(FindInTable, KnowsPublishedFiles) {
  const base::TestFolder folder;
  folder.write("renamed.pth", "x");  // SHA-256 2d711642...
  zoo::Architecture two = zoo::find_architecture("resnet50");
  ASSERT_EQ(two.weights.size(), 2U);
  EXPECT_EQ(find_in_table(two, folder.path() / "renamed.pth"), nullptr);
  two.weights[1].file = "resnet50-2d711642.pth";
  EXPECT_EQ(find_in_table(two, folder.path() / "renamed.pth"), &two.weights[1]);
  EXPECT_EQ(find_in_table(two, "elsewhere/resnet50-0676ba61.pth"), two.weights.data());
}

TEST(OpenPretrained, TakesTheSizeThatPositionsAreFor) {
  const base::TestFolder folder;
  const std::string path = (folder.path() / "swag.safetensors").string();
  const graph::Graph graph = graph::with_grid(zoo::build_architecture("vit_b_16"), 24);
  weights::write_safetensors(path, model::initialise_all(graph, 1), {});
  std::string notes;
  const Pretrained network = open_pretrained(
      "vit_b_16", {.weights = path, .note = [&](const std::string& text) { notes += text; }});
  EXPECT_EQ(network.graph.input_size, graph::Pair(384));
  EXPECT_EQ(to_string(network.preprocessing.val),
            "resize(384,interpolation=bicubic) center_crop(384)");
  EXPECT_THAT(notes, HasSubstr("its positions are for 384 × 384 pixels"));
}

// A network that ends in `classes` sigmoids or none and begins with x / 127.5 - 1.
std::string onnx_file(std::int64_t classes, const char* ending) {
  onnx::WrittenOnnx net;
  net.nodes = {{"Div", {"x", "d"}, "a"},
               {"Sub", {"a", "m"}, "b"},
               {"GlobalAveragePool", {"b"}, "p"},
               {"Flatten", {"p"}, "f"},
               {"Gemm", {"f", "w"}, "l", {{"transB", 1}}},
               {ending, {"l"}, "y"}};
  net.tensors = {{"d", {}, {127.5F}},
                 {"m", {}, {1}},
                 {"w", {classes, 3}, std::vector<float>(static_cast<std::size_t>(3 * classes), 1)}};
  return net.file();
}

TEST(OpenPretrained, GivesAnOnnxFileWhatItTakes) {
  const base::TestFolder folder;
  folder.write("Model.ONNX", onnx_file(3, "Softmax"));
  std::string notes;
  const Pretrained network =
      open_pretrained((folder.path() / "Model.ONNX").string(),
                      {.note = [&](const std::string& text) { notes += text + "\n"; }});
  EXPECT_THAT(notes, HasSubstr("normalises pictures itself; their values go in as 0 to 255"));
  EXPECT_EQ(network.preprocessing.normalization.mean, (std::array<float, 3>{0, 0, 0}));
  for (const float deviation : network.preprocessing.normalization.stddev) {
    EXPECT_FLOAT_EQ(deviation, 1.0F / 255);
  }
  EXPECT_EQ(as_published(network).classes.size(), 3U);
}

TEST(OpenPretrained, TellsSigmoidsFromClasses) {
  const base::TestFolder folder;
  folder.write("one.onnx", onnx_file(1, "Sigmoid"));
  folder.write("tags.onnx", onnx_file(3, "Sigmoid"));
  const Model two = pretrained_model((folder.path() / "one.onnx").string(), {});
  EXPECT_EQ(two.classes, (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(graph::class_count(two.graph), 2);
  const std::string tags = (folder.path() / "tags.onnx").string();
  EXPECT_THAT(base::message_of<Error>([&] { pretrained_model(tags, {}); }),
              AllOf(HasSubstr(tags), HasSubstr("multi-label"), HasSubstr("engraft train")));
  EXPECT_EQ(graph::class_count(model_for_classes(tags, {"ants", "bees"}, {}).graph), 2);
}

TEST(Pretrained, SaysWhatThereIs) {
  const auto problem = [](const char* network, const std::string& weights) {
    return base::message_of<Error>([&] { pretrained_model(network, {.weights = weights}); });
  };
  EXPECT_THAT(problem("resnet18", "IMAGENET1K_V9"),
              AllOf(HasSubstr("IMAGENET1K_V9"), HasSubstr("IMAGENET1K_V1"), HasSubstr("none")));
  EXPECT_THAT(problem("sprout", "IMAGENET1K_V1"), HasSubstr("built in"));
  EXPECT_THAT(problem("resnet19", "none"),
              AllOf(HasSubstr("did you mean resnet1"), testing::Not(HasSubstr("vgg"))));
  EXPECT_THAT(base::message_of<Error>([] { fetch_published("sprout", {}); }),
              HasSubstr("built in"));

  const base::TestFolder folder;
  const std::string path = (folder.path() / "sprout.safetensors").string();
  weights::write_safetensors(path, zoo::embedded_sprout().tensors, {});
  EXPECT_THAT(problem("alexnet", path), AllOf(HasSubstr(path), HasSubstr("alexnet")));
}

}  // namespace
}  // namespace engraft::pretrained
