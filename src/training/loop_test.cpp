#include "training/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/random.h"
#include "base/testing/temporary_folder.h"
#include "demo/drawn.h"
#include "engraft/error.h"
#include "image/encode.h"
#include "pretrained/pretrained.h"

namespace engraft::training {
namespace {

// Drawn ants and bees, and sprout with a fresh head for them.
class Loop : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = (std::filesystem::temp_directory_path() / "engraft-loop-XXXXXX").string();
    folder_ = new base::Path(::mkdtemp(pattern.data()));
    for (const auto& [name, kind] :
         {std::pair("ants", demo::Insect::kAnt), {"bees", demo::Insect::kBee}}) {
      std::filesystem::create_directories(*folder_ / name);
      for (std::uint64_t i = 0; i < 20; ++i) {
        base::Random random({kind == demo::Insect::kAnt ? 0U : 1U, i});
        base::write_atomically(*folder_ / name / (std::to_string(i) + ".jpg"),
                               image::encode_jpeg(demo::draw_insect(kind, 64, random)));
      }
    }
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(*folder_);
    delete folder_;
  }

  Loop() {
    data_ = data::scan_dataset(*folder_);
    data::split_dataset(data_, {.val_fraction = 0.25, .stratify = true, .seed = 1});
    start_ = pretrained::model_for_classes("sprout", data_.classes, {});
    start_.val_transforms = transforms::parse_pipeline("resize(64x64)");
    options_.train_transforms = transforms::parse_pipeline("resize(64x64) hflip");
    options_.epochs = 3;
    options_.batch = 8;
    options_.optimizer.learning_rate = 0.01F;
  }

  TrainResult run(const TrainEvents& events = {}) const {
    return train(data_, start_, options_, events);
  }

  static std::vector<float> head_of(const model::Model& model) {
    const std::span<const float> values = model.parameters.at("fc.weight").floats();
    return {values.begin(), values.end()};
  }
  static std::vector<double> losses(const TrainResult& result) {
    std::vector<double> values;
    for (const EvalPoint& point : result.history) values.push_back(point.train_loss);
    return values;
  }

  static base::Path* folder_;
  data::Dataset data_;
  model::Model start_;
  TrainOptions options_;
};

base::Path* Loop::folder_ = nullptr;

TEST_F(Loop, DoesNotDependOnWorkersButOnTheSeed) {
  const TrainResult one = run();
  options_.workers = 3;
  const TrainResult three = run();
  EXPECT_EQ(losses(one), losses(three));
  EXPECT_EQ(head_of(one.last), head_of(three.last));
  EXPECT_EQ(one.best_logits, three.best_logits);
  options_.seed = 5;
  EXPECT_NE(losses(one), losses(run()));
}

TEST_F(Loop, OnlyWhatShouldLearnDoes) {
  const TrainResult result = run();
  EXPECT_EQ(result.plan.trainable, (std::set<std::string>{"fc.weight", "fc.bias"}));
  EXPECT_NE(head_of(result.last), head_of(start_));
  for (const auto& [name, tensor] : start_.parameters) {
    if (name.starts_with("fc.")) continue;
    EXPECT_TRUE(std::ranges::equal(result.last.parameters.at(name).bytes(), tensor.bytes()))
        << name;
  }
  EXPECT_LT(result.history.back().train_loss, result.history.front().train_loss);
}

TEST_F(Loop, ValidatesWhenAskedAndAtTheEnd) {
  options_.eval_every = 5;  // of 12 iterations
  std::vector<std::int64_t> iterations;
  for (const EvalPoint& point : run().history) iterations.push_back(point.iteration);
  EXPECT_THAT(iterations, testing::ElementsAre(5, 10, 12));
}

TEST_F(Loop, StopsAtTheAccuracyAskedFor) {
  options_.eval_every = 1;
  options_.epochs = 50;
  options_.stop_at_percent = 60;
  const TrainResult result = run();
  EXPECT_EQ(result.stop, StopReason::kAccuracyReached);
  EXPECT_GE(result.history.back().val_accuracy_percent, 60);
  for (std::size_t i = 0; i + 1 < result.history.size(); ++i) {
    EXPECT_LT(result.history[i].val_accuracy_percent, 60);
  }
}

TEST_F(Loop, KeepsWhatItHasWhenStopped) {
  int validations = 0;
  options_.epochs = 1000;
  TrainEvents events;
  events.validated = [&](const EvalPoint&) { ++validations; };
  events.stop_requested = [&] { return validations >= 2; };
  const TrainResult result = run(events);
  EXPECT_EQ(result.stop, StopReason::kInterrupted);
  EXPECT_GE(result.history.size(), 2U);
  EXPECT_EQ(result.best_logits.size(), 10U * 2);
  EXPECT_FALSE(result.best.parameters.empty());
  EXPECT_EQ(result.last.classes, data_.classes);
}

TEST_F(Loop, ViewsThatAreAllAlikeAreComputedOnce) {
  options_.train_transforms = transforms::parse_pipeline("resize(64x64)");
  const TrainResult fresh = run();
  options_.views = 1;
  const TrainResult kept = run();
  EXPECT_EQ(losses(fresh), losses(kept));
  options_.train_transforms = transforms::parse_pipeline("resize(64x64) hflip");
  options_.views = 0;
  EXPECT_NE(losses(fresh), losses(run()));
}

TEST_F(Loop, AFitIsTheBestOnTheTrainingPictures) {
  options_.views = 1;
  const TrainResult steps = run();
  options_.method = Method::kFit;
  options_.epochs = 100;
  const TrainResult fitted = run();
  EXPECT_LT(fitted.history.back().train_loss, steps.history.back().train_loss);
  EXPECT_GE(fitted.history.back().train_accuracy_percent, 95);
}

TEST_F(Loop, TheBestHeadNeedsNoSettings) {
  options_.method = Method::kBestHead;
  options_.train_transforms = start_.val_transforms;
  std::vector<std::string> notes;
  TrainEvents events;
  events.note = [&](const std::string& text) { notes.push_back(text); };
  const TrainResult result = run(events);
  EXPECT_EQ(result.stop, StopReason::kConverged);
  EXPECT_GE(result.history.back().train_accuracy_percent, 95);
  EXPECT_THAT(notes, testing::ElementsAre(testing::HasSubstr("chosen by cross-validation")));
}

// Views of one picture fall into one fold: with --views, no head is asked about what it has seen.
TEST_F(Loop, TheBestHeadIsJudgedOnPicturesNotOnViews) {
  options_.method = Method::kBestHead;
  options_.train_transforms = transforms::parse_pipeline("resize(64x64) hflip");
  options_.views = 4;
  std::string note;
  TrainEvents events;
  events.note = [&](const std::string& text) { note = text; };
  // Labels that have nothing to do with what is to be seen.
  for (std::size_t i = 0; i < data_.samples.size(); ++i) {
    data_.samples[i].label = static_cast<int>(i / 2 % 2);
  }
  run(events);
  double percent = 100;
  EXPECT_EQ(std::sscanf(note.c_str(), "penalty %*f, chosen by cross-validation: %lf", &percent), 1)
      << note;
  EXPECT_LT(percent, 80);
}

TEST_F(Loop, TheBestHeadTakesClassesOfOnePicture) {
  options_.method = Method::kBestHead;
  options_.train_transforms = start_.val_transforms;
  std::vector<data::Sample> kept;
  for (const data::Sample& sample : data_.samples) {
    const bool first = std::ranges::none_of(kept, [&](const data::Sample& one) {
      return one.label == sample.label && one.split == sample.split;
    });
    if (first || sample.split == data::Split::kVal) kept.push_back(sample);
  }
  data_.samples = kept;
  std::string note;
  TrainEvents events;
  events.note = [&](const std::string& text) { note = text; };
  EXPECT_EQ(run(events).stop, StopReason::kConverged);
  EXPECT_THAT(note, testing::HasSubstr("no class has two pictures"));
}

TEST_F(Loop, FeaturesThatDoNotFitAreReadFromTheDisk) {
  options_.method = Method::kBestHead;
  options_.train_transforms = start_.val_transforms;
  const TrainResult in_memory = run();
  options_.memory = 1;
  std::vector<std::string> notes;
  TrainEvents events;
  events.note = [&](const std::string& text) { notes.push_back(text); };
  const TrainResult without_cache = run(events);
  EXPECT_THAT(notes[0], testing::HasSubstr("do not fit into memory"));
  EXPECT_EQ(head_of(in_memory.last), head_of(without_cache.last));
  const base::TestFolder cache;
  options_.cache = cache.path();
  EXPECT_EQ(head_of(in_memory.last), head_of(run().last));
  EXPECT_EQ(losses(in_memory), losses(run()));
}

// What was best before is kept; a network of NaN is not "the first class".
TEST_F(Loop, ALossThatIsNoNumberEndsTrainingAtTheBest) {
  options_.optimizer.kind = learn::OptimizerKind::kSgd;
  options_.optimizer.learning_rate = 1e3F;
  options_.optimizer.momentum = 0.99F;
  options_.optimizer.weight_decay = 1e3F;  // each step a million times larger
  options_.eval_every = 1;
  const TrainResult result = run();
  EXPECT_EQ(result.stop, StopReason::kDiverged);
  EXPECT_THAT(result.failure, testing::HasSubstr("at iteration"));
  EXPECT_THAT(result.failure, testing::HasSubstr("--lr 100 instead of 1000"));
  EXPECT_EQ(head_of(result.last), head_of(result.best));
  for (const float value : head_of(result.last)) EXPECT_TRUE(std::isfinite(value));
  for (const EvalPoint& point : result.history) EXPECT_TRUE(std::isfinite(point.val_loss));
}

TEST_F(Loop, ALossThatWasNeverANumberIsAnError) {
  options_.optimizer.kind = learn::OptimizerKind::kSgd;
  options_.optimizer.learning_rate = 3e38F;
  options_.batch = 4;
  EXPECT_THROW(run(), Error);
}

TEST_F(Loop, SaysThatPercentAreMeant) {
  options_.stop_at_percent = 0.9;
  std::string note;
  TrainEvents events;
  events.note = [&](const std::string& text) { note = text; };
  run(events);
  EXPECT_EQ(note, "--stop-at 0.9 means 0.9 %; for 90 % give 90");
}

TEST_F(Loop, AFitStopsWithinAnIteration) {
  options_.method = Method::kFit;
  options_.views = 1;
  options_.epochs = 100;
  bool validated = false;
  int asked = 0;
  TrainEvents events;
  events.validated = [&](const EvalPoint&) { validated = true; };
  events.stop_requested = [&] { return validated && ++asked > 1; };
  const TrainResult result = run(events);
  EXPECT_EQ(result.stop, StopReason::kInterrupted);
  EXPECT_LE(result.iterations, 2);
}

TEST_F(Loop, SaysWhatItCannotTrain) {
  options_.train = {"layer4.*"};
  EXPECT_THROW(run(), Error);
  options_.train = {"no.such.parameter"};
  EXPECT_THROW(run(), Error);
}

}  // namespace
}  // namespace engraft::training
