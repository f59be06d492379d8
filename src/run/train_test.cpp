#include "run/train.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include <nlohmann/json.hpp>

#include "base/random.h"
#include "base/testing/temporary_folder.h"
#include "data/split_list.h"
#include "demo/drawn.h"
#include "engraft/error.h"
#include "image/encode.h"
#include "model/model.h"
#include "record/run_folder.h"
#include "report/report.h"
#include "run/evaluate.h"

namespace engraft::run {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Drawn bees and ants, and a training of sprout on them.
class TrainRun : public testing::Test {
 protected:
  TrainRun() {
    for (int i = 0; i < 30; ++i) {
      draw("ants", demo::Insect::kAnt, i);
      draw("bees", demo::Insect::kBee, i);
    }
    request_.data = (folder_.path() / "photos").string();
    request_.output = folder_.path() / "run";
    request_.command = "engraft train photos";
    set("model", "sprout");
    set("workers", "2");
    set("no-cache", "true");
    events_.shared.progress = [this](const std::string& what, std::uint64_t, std::uint64_t) {
      works_.insert(what);
    };
  }

  void draw(const std::string& name, demo::Insect kind, int i) {
    base::Random random({static_cast<std::uint64_t>(i), name == "ants" ? 1U : 2U});
    folder_.write(fmt::format("photos/{}/{:02}.jpg", name, i),
                  image::encode_jpeg(demo::draw_insect(kind, 96, random)));
  }
  void set(const char* name, const char* value) {
    training::set_setting(request_.settings, name, value);
  }
  bool exists(const char* name) const { return fs::exists(request_.output / name); }

  base::TestFolder folder_;
  TrainRequest request_;
  TrainEvents events_;
  std::set<std::string> works_;
};

TEST_F(TrainRun, LeavesAFolderThatTellsAll) {
  const Trained trained = train(request_, events_);
  for (const char* file : {"run.json", "split.csv", "metrics.csv", "best.safetensors",
                           "last.safetensors", "predictions.csv", "logits.npy", "report.html"}) {
    EXPECT_TRUE(exists(file)) << file;
  }
  const record::Run run = record::read_run(trained.folder);
  EXPECT_EQ(run.command, "engraft train photos");
  EXPECT_EQ(run.method, training::Method::kBestHead);
  EXPECT_EQ(run.settings.lr, "auto");
  EXPECT_EQ(run.settings.val_transforms, run.settings.train_transforms);
  EXPECT_EQ(run.pictures().train, 48);
  EXPECT_EQ(run.pictures().val, 12);
  EXPECT_GT(run.results->penalty.value(), 0);
  EXPECT_EQ(learn::images_in(run.results->best), 12);
  EXPECT_EQ(run.results->mistakes, 12 - run.results->best.confusion.right());
  const record::Seconds& seconds = run.results->seconds;
  EXPECT_LE(seconds.pictures + seconds.network + seconds.val_features + seconds.train_features +
                seconds.head + seconds.validation + seconds.saving,
            seconds.total + 1e-3);
  EXPECT_EQ(data::read_split_list(trained.folder / "split.csv").size(), 60U);
  // The same plan in the run and in its model.
  const model::Model best = model::load_model(trained.folder / "best.safetensors");
  EXPECT_EQ(nlohmann::json::parse(best.facts.at(model::kPlanFact)),
            nlohmann::json::parse(run.plan));
}

// What a report tells of a real run is what that run did.
TEST_F(TrainRun, ItsReportIsMadeOfTheFolderAlone) {
  set("train-transforms", "resize(128x128) random_rotation(180)");
  set("epochs", "2");
  set("batch", "8");
  const Trained trained = train(request_, events_);
  const std::string page = base::read_text(trained.folder / "report.html");
  for (const char* text :
       {"engraft train photos", "8 pictures", "adam, learning rate 0.0005", "all 2 epochs done",
        "fresh for each picture in every epoch", "12 done, 6 an epoch", "48", "sprout"}) {
    EXPECT_THAT(page, HasSubstr(text));
  }
  fs::remove_all(folder_.path() / "photos");
  fs::remove(trained.folder / "report.html");
  report::write_report(trained.folder);
  EXPECT_EQ(base::read_text(trained.folder / "report.html"), page);
}

TEST_F(TrainRun, OptionsDataAndSplitAreThereBeforeAnythingIsComputed) {
  set("epochs", "1");
  int validations = 0;
  events_.shared.progress = [this](const std::string& what, std::uint64_t, std::uint64_t) {
    works_.insert(what);
    EXPECT_EQ(record::read_run(request_.output).settings.epochs, 1) << what;
    EXPECT_TRUE(what.find("features") == std::string::npos || exists("split.csv")) << what;
  };
  events_.planned = [&](const training::TrainPlan&, const model::Model&) {
    EXPECT_TRUE(exists("split.csv"));
    const record::Run run = record::read_run(request_.output);
    EXPECT_EQ(run.settings.epochs, 1);
    EXPECT_EQ(run.pictures().train, 48);
    EXPECT_FALSE(run.plan.empty());
    EXPECT_FALSE(run.results.has_value());
    EXPECT_THAT(works_, testing::Not(Contains(HasSubstr("features"))));
  };
  events_.validated = [&](const training::EvalPoint&) {
    ++validations;
    EXPECT_EQ(record::read_run(request_.output).history.size(),
              static_cast<std::size_t>(validations));
    EXPECT_FALSE(exists("best.safetensors"));
  };
  train(request_, events_);
  EXPECT_EQ(validations, 1);
}

TEST_F(TrainRun, WhateverIsWrongIsSaidBeforeAPictureIsOpened) {
  const auto refusal = [&](const char* name, const char* value) {
    TrainRequest request = request_;
    training::set_setting(request.settings, name, value);
    const std::string text = base::message_of<Error>([&] { train(request, events_); });
    EXPECT_THAT(works_, IsEmpty()) << name;
    EXPECT_FALSE(fs::exists(request_.output)) << name;
    return text;
  };
  EXPECT_THAT(refusal("train-transforms", "swirl"), HasSubstr("--train-transforms"));
  EXPECT_THAT(refusal("val-transforms", "swirl"), HasSubstr("--val-transforms"));
  EXPECT_THAT(refusal("val-transforms", "resize(100)"), HasSubstr("resize(100)"));
  EXPECT_THAT(refusal("train", "classifier.6"), HasSubstr("classifier.6"));
  EXPECT_THAT(refusal("train", "conv1.weight"), HasSubstr("conv1"));
  EXPECT_THAT(refusal("weights", "none.safetensors"), HasSubstr("none.safetensors"));
  EXPECT_THAT(refusal("model", "sprut"), HasSubstr("sprut"));
}

TEST_F(TrainRun, InterruptedBeforeAnythingWasValidatedItLeavesNothing) {
  events_.shared.stop = [this] { return works_.contains("opening pictures"); };
  EXPECT_THAT(base::message_of<Error>([&] { train(request_, events_); }),
              HasSubstr("nothing is saved"));
  EXPECT_FALSE(fs::exists(request_.output));
}

TEST_F(TrainRun, TheSameAgainWhateverTheWorkers) {
  const Trained one = train(request_, events_);
  request_.output = folder_.path() / "other";
  set("workers", "3");
  const Trained other = train(request_, events_);
  for (const char* file : {"best.safetensors", "predictions.csv", "logits.npy", "split.csv"}) {
    if (std::string_view(file) == "best.safetensors") {
      const auto head = [](const base::Path& folder) {
        const model::Model model = model::load_model(folder / "best.safetensors");
        const std::span<const float> values = model.parameters.at("fc.weight").floats();
        return std::vector<float>(values.begin(), values.end());
      };
      EXPECT_EQ(head(one.folder), head(other.folder));
    } else {
      EXPECT_EQ(base::read_file(one.folder / file), base::read_file(other.folder / file)) << file;
    }
  }
}

// Its own pictures are known by their contents: other pictures of the same names are not its own.
TEST_F(TrainRun, EvaluatingKnowsWhatItWasTrainedOn) {
  train(request_, events_);
  EvaluateRequest evaluation;
  evaluation.model = request_.output.string();
  evaluation.data = request_.data;
  evaluation.settings = request_.settings;
  EXPECT_EQ(evaluate(evaluation, {})->trained_on, 48);
  evaluation.split = "val";
  EXPECT_EQ(evaluate(evaluation, {})->pictures, 12);
  evaluation.split = "auto";
  draw("ants", demo::Insect::kAnt, 30);  // one more
  EXPECT_EQ(evaluate(evaluation, {})->trained_on, 48);
  std::string said;
  const base::Events listening{.note = [&](const std::string& text) { said += text; }};
  folder_.write("photos/ants/00.jpg", base::read_text(folder_.path() / "photos/ants/30.jpg"));
  EXPECT_EQ(evaluate(evaluation, listening)->trained_on, 0);
  EXPECT_THAT(said, HasSubstr("60 of the 60 pictures that"));
  said.clear();
  fs::remove(folder_.path() / "photos/ants/00.jpg");
  EXPECT_EQ(evaluate(evaluation, listening)->trained_on, 0);
  EXPECT_THAT(said, HasSubstr("59 of the 60 pictures that"));
  EXPECT_THAT(said, HasSubstr("is not known"));
}

TEST_F(TrainRun, KeepsTheBestModelAloneWhereThatIsWanted) {
  set("keep", "best");
  train(request_, events_);
  EXPECT_TRUE(exists("best.safetensors"));
  EXPECT_FALSE(exists("last.safetensors"));
}

}  // namespace
}  // namespace engraft::run
