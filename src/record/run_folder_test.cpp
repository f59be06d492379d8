#include "record/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "base/parallel.h"
#include "base/testing/temporary_folder.h"
#include "engraft/error.h"
#include "record/testing/test_record.h"
#include "zoo/testing/seeded_state.h"
#include "zoo/zoo.h"

namespace engraft::record {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// A writer whose run is kept, though nothing was trained.
base::Path kept(RunWriter writer) {
  writer.add({.iteration = 1});
  return writer.folder();
}

TEST(RunName, IsTheNetworksOrItsFiles) {
  EXPECT_EQ(run_name("resnet18"), "resnet18");
  EXPECT_EQ(run_name("nets/small.onnx"), "small");
  EXPECT_EQ(run_name("/abs/small.onnx"), "small");
  EXPECT_EQ(run_name("small.onnx"), "small");
}

TEST(RunWriter, NumbersFromOneAndBeyondTheLargest) {
  const base::TestFolder folder;
  const base::Path runs = folder.path() / "not" / "yet";
  EXPECT_EQ(kept(RunWriter::numbered(runs, "sprout")), runs / "sprout-1");
  EXPECT_EQ(kept(RunWriter::numbered(runs, "sprout")), runs / "sprout-2");
  EXPECT_EQ(kept(RunWriter::numbered(runs, "vgg16")), runs / "vgg16-1");
  std::filesystem::remove_all(runs / "sprout-1");
  EXPECT_EQ(kept(RunWriter::numbered(runs, "sprout")), runs / "sprout-3");
}

TEST(RunWriter, CountsOnlyRunsOfThisName) {
  const base::TestFolder folder;
  for (const char* other :
       {"sprout", "sprout-", "sprout-7b", "sprout-x-7", "demo-3", "my-sprout-5"}) {
    folder.make_folder(other);
  }
  folder.write("notes.txt");
  EXPECT_EQ(kept(RunWriter::numbered(folder.path(), "sprout")), folder.path() / "sprout-1");
}

TEST(RunWriter, GivesEachOfManyItsOwn) {
  const base::TestFolder folder;
  std::vector<base::Path> folders(40);
  base::parallel_for(folders.size(), 8, [&](std::size_t i, int) {
    folders[i] = kept(RunWriter::numbered(folder.path(), "sprout"));
  });
  EXPECT_EQ(std::set<base::Path>(folders.begin(), folders.end()).size(), folders.size());
}

TEST(RunWriter, SaysWhereItCannotWrite) {
  const base::TestFolder folder;
  folder.write("runs", "a file");
  EXPECT_THAT(
      base::message_of<Error>([&] { RunWriter::numbered(folder.path() / "runs", "sprout"); }),
      HasSubstr("runs: cannot be written"));
}

TEST(RunWriter, TakesNewAndEmptyFoldersAndRefusesWhatHoldsAnything) {
  const base::TestFolder folder;
  const base::Path output = folder.path() / "a" / "b";
  EXPECT_EQ(kept(RunWriter::at(output)), output);
  folder.make_folder("empty");
  EXPECT_EQ(kept(RunWriter::at(folder.path() / "empty")), folder.path() / "empty");
  folder.write("run/.hidden", "kept");
  folder.write("file", "kept");
  for (const char* name : {"run", "file", "empty"}) {
    EXPECT_THAT(base::message_of<Error>([&] { RunWriter::at(folder.path() / name); }),
                HasSubstr((folder.path() / name).string()));
  }
  EXPECT_EQ(base::read_text(folder.path() / "run" / ".hidden"), "kept");
  EXPECT_EQ(base::read_text(folder.path() / "file"), "kept");
}

TEST(RunWriter, TwoRunsNeverShareAFolder) {
  const base::TestFolder folder;
  const base::Path output = folder.path() / "run";
  const RunWriter first = RunWriter::at(output);
  EXPECT_THROW(RunWriter::at(output), Error);
  EXPECT_TRUE(std::filesystem::exists(output / "run.json"));
}

TEST(RunWriter, LeavesNothingWhereNothingWasKept) {
  const base::TestFolder folder;
  folder.make_folder("there");
  {
    TestRecord test({"ants", "bees"});
    RunWriter made = RunWriter::at(folder.path() / "made");
    RunWriter there = RunWriter::at(folder.path() / "there");
    RunWriter numbered = RunWriter::numbered(folder.path() / "runs", "sprout");
    made.write(test.run);
    there.write(test.run);
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "made"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "runs"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path() / "there"));
}

// A run of two validations, of which the first was better.
class WrittenRun : public testing::Test {
 protected:
  WrittenRun() : test_({"ants", "bees"}), writer_(RunWriter::at(folder_.path() / "run")) {
    test_.add_val(0, 0, 2, "ants/2.jpg", picture_bytes(20, 20, 1));
    test_.add_val(1, 0, 1, "bees/1.jpg", picture_bytes(300, 400, 2));
    test_.add_val(1, 0, 3, "bees/2.jpg");
    test_.finish({50});
    test_.result.iterations = 8;
    test_.result.best_iteration = 5;
    test_.result.best = model(1);
    test_.result.last = model(2);
    test_.result.best_metrics.accuracy_percent = 87.5;
    test_.result.last_metrics.accuracy_percent = 50;
  }

  // The same random parameters but for the head, which is all `head`.
  model::Model model(float head) const {
    model::Model model;
    model.graph = graph::with_classes(zoo::build_architecture("sprout"), 2);
    model.parameters = zoo::seeded_state(model.graph);
    base::Tensor bias(base::DType::kFloat32, {2});
    std::ranges::fill(bias.mutable_floats(), head);
    model.parameters["fc.bias"] = bias;
    model.classes = test_.data.classes;
    model.val_transforms = transforms::parse_pipeline("resize(146) center_crop(128)");
    return model;
  }

  base::Path file(const char* name) const { return writer_.folder() / name; }
  float head_of(const char* name) const {
    return model::load_model(file(name)).parameters.at("fc.bias").floats()[0];
  }

  base::TestFolder folder_;
  TestRecord test_;
  RunWriter writer_;
};

TEST_F(WrittenRun, GrowsWithEachValidationAndIsReadBack) {
  writer_.write(test_.run);
  EXPECT_TRUE(read_run(writer_.folder()).history.empty());
  writer_.add({.iteration = 5,
               .epoch = 1.25,
               .train_loss = 0.5,
               .train_accuracy_percent = 75,
               .val_loss = 0.625,
               .val_accuracy_percent = 87.5,
               .seconds = 1.5});
  EXPECT_EQ(read_run(writer_.folder()).history.size(), 1U);
  writer_.add({.iteration = 8, .epoch = 2, .train_loss = 1234567.25});
  EXPECT_EQ(base::read_text(file("metrics.csv")),
            "iteration,epoch,seconds,train_loss,train_accuracy,val_loss,val_accuracy\n"
            "5,1.2500,1.500,0.500000,75.0000,0.625000,87.5000\n"
            "8,2.0000,0.000,1234567.250000,0.0000,0.000000,0.0000\n");
  const record::Run run = read_run(writer_.folder());
  ASSERT_EQ(run.history.size(), 2U);
  EXPECT_EQ(run.history[0].epoch, 1.25);
  EXPECT_EQ(run.history[0].val_accuracy_percent, 87.5);
  EXPECT_EQ(run.history[1].train_loss, 1234567.25);
}

TEST_F(WrittenRun, BothModelsLoadWithTheirFacts) {
  training::set_setting(test_.run.settings, "optimizer", "adamw");
  writer_.write_models(test_.run, test_.result);
  for (const auto& [name, head, accuracy, iteration] :
       {std::tuple("best.safetensors", 1.0F, 87.5, 5), {"last.safetensors", 2.0F, 50.0, 8}}) {
    EXPECT_EQ(head_of(name), head);
    const model::Model loaded = model::load_model(file(name));
    EXPECT_EQ(loaded.classes, test_.data.classes);
    const json results = json::parse(loaded.facts.at("results"));
    EXPECT_EQ(results["accuracy"], accuracy);
    EXPECT_EQ(results["iteration"], iteration);
    EXPECT_FALSE(results.contains("confusion"));
    EXPECT_EQ(json::parse(loaded.facts.at("training"))["optimizer"], "adamw");
  }
}

TEST_F(WrittenRun, WhereTheLastIsTheBestItsBytesLieThereOnce) {
  test_.result.best_iteration = 8;
  test_.result.best = model(2);
  writer_.write_models(test_.run, test_.result);
  EXPECT_TRUE(std::filesystem::equivalent(file("best.safetensors"), file("last.safetensors")));
  EXPECT_EQ(head_of("last.safetensors"), 2);
}

TEST_F(WrittenRun, KeepsWhatTheBestModelSays) {
  Results results;
  writer_.write_predictions(test_.data, test_.result, 2, results);
  EXPECT_EQ(base::read_text(file("predictions.csv")),
            "path,label,split,predicted,p:ants,p:bees\n"
            "ants/2.jpg,ants,val,ants,0.880797,0.119203\n"
            "bees/1.jpg,bees,val,ants,0.731059,0.268941\n"
            "bees/2.jpg,bees,val,ants,0.952574,0.047426\n");
  EXPECT_THAT(base::read_text(file("logits.npy")), HasSubstr("'shape': (3, 2, )"));
  // The surer mistake first; what cannot be read any more says why.
  EXPECT_EQ(results.mistakes, 2);
  ASSERT_EQ(results.worst.size(), 2U);
  EXPECT_EQ(results.worst[0].path, "bees/2.jpg");
  EXPECT_EQ(results.worst[0].thumbnail, "");
  EXPECT_THAT(results.worst[0].problem, HasSubstr("cannot be opened"));
  EXPECT_EQ(results.worst[1].thumbnail, "thumbnails/02.jpg");
  EXPECT_TRUE(std::filesystem::exists(file("thumbnails/02.jpg")));
}

TEST_F(WrittenRun, SaysWhatIsNoRun) {
  const auto refusal = [&](const char* name) {
    return base::message_of<Error>([&] { read_run(folder_.path() / name); });
  };
  folder_.make_folder("empty");
  EXPECT_THAT(refusal("empty"), HasSubstr("without run.json"));
  folder_.write("cut/run.json", "{\"format\": 2,");
  EXPECT_THAT(refusal("cut"), HasSubstr("run.json: is damaged"));
  writer_.write(test_.run);
  writer_.add({.iteration = 5});
  base::write_atomically(file("metrics.csv"), std::string("iteration\nfive,5\n"));
  EXPECT_THAT(refusal("run"), HasSubstr("metrics.csv: line 2"));
}

}  // namespace
}  // namespace engraft::record
