#include "training/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/random.h"
#include "demo/drawn.h"
#include "engraft/error.h"
#include "image/encode.h"
#include "model/pretrained.h"

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
    start_ = model::model_for_classes("sprout", data_.classes, {});
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
  options_.optimizer.kind = learn::OptimizerKind::kLbfgs;
  options_.epochs = 100;
  const TrainResult fitted = run();
  EXPECT_LT(fitted.history.back().train_loss, steps.history.back().train_loss);
  EXPECT_GE(fitted.history.back().train_accuracy_percent, 95);
}

TEST_F(Loop, SaysWhatItCannotTrain) {
  options_.train = {"layer4.*"};
  EXPECT_THROW(run(), Error);
  options_.train = {"no.such.parameter"};
  EXPECT_THROW(run(), Error);
}

}  // namespace
}  // namespace engraft::training
