#include "record/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/parallel.h"
#include "base/testing/temporary_folder.h"
#include "engraft/error.h"
#include "record/confusion_json.h"
#include "zoo/testing/seeded_state.h"
#include "zoo/zoo.h"

namespace engraft::record {
namespace {

using nlohmann::json;

TEST(CreateRunFolder, NumbersFromOne) {
  const base::TestFolder folder;
  const base::Path runs = folder.path() / "not" / "yet";
  EXPECT_EQ(create_run_folder(runs, "sprout"), runs / "sprout-1");
  EXPECT_EQ(create_run_folder(runs, "sprout"), runs / "sprout-2");
  EXPECT_EQ(create_run_folder(runs, "vgg16"), runs / "vgg16-1");
  EXPECT_TRUE(std::filesystem::is_directory(runs / "sprout-2"));
}

TEST(CreateRunFolder, CountsOnlyRunsOfThisName) {
  const base::TestFolder folder;
  for (const char* other :
       {"sprout", "sprout-", "sprout-7b", "sprout-x-7", "demo-3", "my-sprout-5"}) {
    folder.make_folder(other);
  }
  folder.write("notes.txt");
  EXPECT_EQ(create_run_folder(folder.path(), "sprout"), folder.path() / "sprout-1");
}

TEST(CreateRunFolder, GivesEachOfManyItsOwn) {
  const base::TestFolder folder;
  std::vector<base::Path> folders(40);
  base::parallel_for(folders.size(), 8, [&](std::size_t i, int) {
    folders[i] = create_run_folder(folder.path(), "sprout");
  });
  EXPECT_EQ(std::set<base::Path>(folders.begin(), folders.end()).size(), folders.size());
}

TEST(CreateRunFolder, SaysWhereItCannotWrite) {
  const base::TestFolder folder;
  folder.write("runs", "a file");
  EXPECT_THAT(base::message_of<Error>([&] { create_run_folder(folder.path() / "runs", "sprout"); }),
              testing::HasSubstr("runs: cannot be written"));
}

TEST(CreateOutputFolder, TakesNewAndEmptyOnes) {
  const base::TestFolder folder;
  const base::Path output = folder.path() / "a" / "b";
  create_output_folder(output);
  EXPECT_TRUE(std::filesystem::is_directory(output));
  EXPECT_NO_THROW(create_output_folder(output));
}

TEST(CreateOutputFolder, RefusesWhatHoldsAnything) {
  const base::TestFolder folder;
  folder.write("run/.hidden", "kept");
  folder.write("file", "kept");
  for (const char* name : {"run", "file"}) {
    EXPECT_THAT(base::message_of<Error>([&] { create_output_folder(folder.path() / name); }),
                testing::HasSubstr((folder.path() / name).string()));
  }
  EXPECT_EQ(base::read_text(folder.path() / "run" / ".hidden"), "kept");
  EXPECT_EQ(base::read_text(folder.path() / "file"), "kept");
}

// A run of two validations, of which the first was better.
class RunFolder : public testing::Test {
 protected:
  RunFolder() {
    data_.classes = {"ants", "Käfer \"🐞\""};
    data_.samples = {{"/d/ants/1.jpg", "ants/1.jpg", 0, data::Split::kTrain},
                     {"/d/ants/2.jpg", "ants/2.jpg", 0, data::Split::kVal},
                     {"/d/ants/3.jpg", "ants/3.jpg", 0, data::Split::kTrain}};
    data_.skipped = {{"ants/page.jpg", "not an image"}};

    record_.data = "photos";
    record_.command = "engraft train photos";
    record_.device = "cpu";
    record_.weights = "built-in";
    record_.dataset = &data_;
    record_.options.train = {"head"};
    for (const auto& [name, value] :
         {std::pair("epochs", "4"), std::pair("optimizer", "adamw"), std::pair("lr", "0.25"),
          std::pair("seed", "18446744073709551615")}) {
      training::set_setting(record_.settings, name, value);
    }
    record_.options.epochs = 4;
    record_.options.optimizer = {.kind = learn::OptimizerKind::kAdamW, .learning_rate = 0.25F};
    record_.options.train_transforms = transforms::parse_pipeline("random_resized_crop(128) hflip");
    record_.options.seed = 18446744073709551615ULL;

    training::TrainResult& result = record_.result;
    result.plan.trainable = {"fc.bias", "fc.weight"};
    result.plan.train_cut = "flatten";
    result.plan.eval_cut = "avgpool";
    result.history = {{.iteration = 5,
                       .epoch = 1.25,
                       .train_loss = 0.5,
                       .train_accuracy_percent = 75,
                       .val_loss = 0.625,
                       .val_accuracy_percent = 87.5,
                       .seconds = 1.5},
                      {.iteration = 8, .epoch = 2, .train_loss = 1234567.25}};
    result.iterations = 8;
    result.best_iteration = 5;
    result.stop = training::StopReason::kInterrupted;
    result.best = model(1);
    result.last = model(2);
    result.best_metrics = metrics(87.5);
    result.last_metrics = metrics(50);
  }

  // The same random parameters but for the head, which is all `head`.
  model::Model model(float head) const {
    model::Model model;
    model.graph = graph::with_classes(zoo::build_architecture("sprout"), 2);
    model.parameters = zoo::seeded_state(model.graph);
    base::Tensor bias(base::DType::kFloat32, {2});
    std::ranges::fill(bias.mutable_floats(), head);
    model.parameters["fc.bias"] = bias;
    model.classes = data_.classes;
    model.val_transforms = transforms::parse_pipeline("resize(146) center_crop(128)");
    return model;
  }

  static learn::Metrics metrics(double accuracy_percent) {
    learn::Metrics metrics;
    metrics.accuracy_percent = accuracy_percent;
    metrics.loss = 0.625;
    metrics.confusion = learn::Confusion(learn::Confusion::Matrix{{3, 1}, {0, 4}});
    metrics.classes = {{.images = 4, .precision = 1, .recall = 0.75, .f1 = 0.875}, {.images = 4}};
    return metrics;
  }

  base::Path file(const char* name) const { return folder_.path() / name; }
  json run_json() const { return json::parse(base::read_text(file("run.json"))); }
  float head_of(const char* name) const {
    return model::load_model(file(name)).parameters.at("fc.bias").floats()[0];
  }

  base::TestFolder folder_;
  data::Dataset data_;
  RunRecord record_;
};

TEST_F(RunFolder, TellsWhatWasDone) {
  write_run_folder(folder_.path(), record_);
  const json run = run_json();
  EXPECT_EQ(run["command"], "engraft train photos");
  EXPECT_EQ(run["data"], "photos");
  EXPECT_EQ(run["classes"], json(data_.classes));
  const json& options = run["options"];
  EXPECT_EQ(options["model"], "sprout");
  EXPECT_EQ(options["weights"], "built-in");
  EXPECT_EQ(options["epochs"], 4);
  EXPECT_EQ(options["optimizer"], "adamw");
  EXPECT_EQ(options["lr"], 0.25);
  EXPECT_EQ(options["train_transforms"], to_string(record_.options.train_transforms));
  EXPECT_EQ(options["val_transforms"], "resize(146) center_crop(128)");
  EXPECT_EQ(options["views"], "fresh");
  EXPECT_EQ(options["stop_at"], 0);
  EXPECT_EQ(options["seed"].dump(), "18446744073709551615");  // not -1
  EXPECT_EQ(run["trainable"], json({"fc.bias", "fc.weight"}));
  EXPECT_EQ(run["cut"], (json{{"training", "flatten"}, {"evaluation", "avgpool"}}));
  EXPECT_EQ(run["skipped"],
            json::parse(R"([{"path": "ants/page.jpg", "reason": "not an image"}])"));
  EXPECT_EQ(run["split"]["train"], json({"ants/1.jpg", "ants/3.jpg"}));
  EXPECT_EQ(run["split"]["val"], json({"ants/2.jpg"}));

  training::set_setting(record_.settings, "views", "3");
  training::set_setting(record_.settings, "stop-at", "100");
  write_run_folder(folder_.path(), record_);
  EXPECT_EQ(run_json()["options"]["views"], 3);
  EXPECT_EQ(run_json()["options"]["stop_at"], 100);
}

TEST_F(RunFolder, TellsWhatCameOut) {
  write_run_folder(folder_.path(), record_);
  const json run = run_json();
  EXPECT_EQ(run["iterations"], 8);
  EXPECT_EQ(run["best_iteration"], 5);
  EXPECT_EQ(run["stopped"], "interrupted");
  EXPECT_EQ(run["best"]["accuracy"], 87.5);
  EXPECT_EQ(run["last"]["accuracy"], 50);
  EXPECT_EQ(run["best"]["confusion"], json::parse("[[3, 1], [0, 4]]"));
  const json ants = {
      {"name", "ants"}, {"images", 4}, {"precision", 1.0}, {"recall", 0.75}, {"f1", 0.875}};
  EXPECT_EQ(run["best"]["classes"][0], ants);
  EXPECT_EQ(run["best"]["classes"][1]["name"], data_.classes[1]);
}

TEST_F(RunFolder, ListsEveryValidation) {
  write_run_folder(folder_.path(), record_);
  std::istringstream lines(base::read_text(file("metrics.csv")));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "iteration,epoch,seconds,train_loss,train_accuracy,val_loss,val_accuracy");
  std::vector<std::vector<double>> rows;
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(std::stod(cell));
  }
  EXPECT_THAT(rows, testing::ElementsAre(testing::ElementsAre(5, 1.25, 1.5, 0.5, 75, 0.625, 87.5),
                                         testing::ElementsAre(8, 2, 0, 1234567.25, 0, 0, 0)));
}

TEST_F(RunFolder, BothModelsLoadWithTheirFacts) {
  write_run_folder(folder_.path(), record_);
  for (const auto& [name, head, accuracy, iteration] :
       {std::tuple("best.safetensors", 1.0F, 87.5, 5), {"last.safetensors", 2.0F, 50.0, 8}}) {
    EXPECT_EQ(head_of(name), head);
    const model::Model loaded = model::load_model(file(name));
    EXPECT_EQ(loaded.classes, data_.classes);
    const json results = json::parse(loaded.facts.at("results"));
    EXPECT_EQ(results["accuracy"], accuracy);
    EXPECT_EQ(results["iteration"], iteration);
    EXPECT_EQ(json::parse(loaded.facts.at("training"))["optimizer"], "adamw");
  }
}

TEST_F(RunFolder, WhereTheLastIsTheBestBothAreTheSame) {
  record_.result.best_iteration = 8;
  record_.result.best = model(2);
  record_.result.best_metrics = metrics(50);
  write_run_folder(folder_.path(), record_);
  EXPECT_EQ(base::read_text(file("last.safetensors")), base::read_text(file("best.safetensors")));
  EXPECT_EQ(head_of("last.safetensors"), 2);

  // What an earlier run left there is replaced, in either direction.
  record_.result.best_iteration = 5;
  record_.result.best = model(1);
  write_run_folder(folder_.path(), record_);
  EXPECT_EQ(head_of("best.safetensors"), 1);
  EXPECT_EQ(head_of("last.safetensors"), 2);
  record_.result.best_iteration = 8;
  record_.result.best = record_.result.last = model(3);
  write_run_folder(folder_.path(), record_);
  EXPECT_EQ(head_of("best.safetensors"), 3);
  EXPECT_EQ(head_of("last.safetensors"), 3);
}

TEST_F(RunFolder, WithRunJsonIsWhole) {
  folder_.make_folder("metrics.csv/in the way");
  EXPECT_THROW(write_run_folder(folder_.path(), record_), Error);
  EXPECT_TRUE(std::filesystem::exists(file("best.safetensors")));
  EXPECT_FALSE(std::filesystem::exists(file("run.json")));
}

TEST_F(RunFolder, StaysReadableWhateverWasFound) {
  data_.samples[0].name =
      "ants/K\xe4"
      "fer.jpg";  // Latin-1, as old disks have it
  record_.result.last_metrics.loss = std::numeric_limits<double>::quiet_NaN();
  write_run_folder(folder_.path(), record_);
  const json run = run_json();
  EXPECT_EQ(run["split"]["train"][0],
            "ants/K\uFFFD"
            "fer.jpg");
  EXPECT_TRUE(run["last"]["loss"].is_null());
}

// Below 200 classes a matrix; a longer one grows with the square of what is known.
TEST(AddConfusion, ListsPairsWhereThereAreManyClasses) {
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i) names.push_back("c" + std::to_string(i));
  json many = json::object();
  add_confusion(many, learn::Confusion(200, {{3, 3, 9}, {3, 1, 2}, {199, 0, 1}}), names);
  EXPECT_EQ(many, json::parse(R"({"confused": [{"shown": "c3", "taken_for": "c1", "count": 2},
                                  {"shown": "c199", "taken_for": "c0", "count": 1}]})"));
  names.resize(2);
  json few = json::object();
  add_confusion(few, learn::Confusion(2, {{0, 0, 4}, {1, 0, 1}}), names);
  EXPECT_EQ(few, json::parse(R"({"confusion": [[4, 0], [1, 0]]})"));
}

}  // namespace
}  // namespace engraft::record
