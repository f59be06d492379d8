#include "engraft/train.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <set>

#include "api/testing/drawn_photos.h"
#include "engraft/error.h"
#include "engraft/evaluate.h"
#include "engraft/network.h"
#include "engraft/predict.h"
#include "run/train.h"

namespace engraft {
namespace {

using testing::HasSubstr;

class PublicTraining : public testing::Test {
 protected:
  TrainOptions quick() const {
    return {.output = photos_.path("run"),
            .model = "sprout",
            .epochs = 2,
            .batch = 8,
            .val_transforms = "resize(128x128)",
            .seed = 3};
  }

  api::DrawnPhotos photos_{24};
};

TEST_F(PublicTraining, IsTheCommands) {
  std::vector<Validation> seen;
  std::set<std::string> stages;
  const engraft::Run run =
      train(photos_.data(), quick(),
            {.shared = {.progress = [&](const std::string& what, std::uint64_t,
                                        std::uint64_t) { stages.insert(what); }},
             .validated = [&](const Validation& one) { seen.push_back(one); }});
  ASSERT_TRUE(run.results);
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_EQ(run.history.size(), 2U);
  EXPECT_FALSE(stages.empty());
  EXPECT_EQ(run.classes, (std::vector<std::string>{"ants", "bees"}));
  EXPECT_EQ(run.pictures.train + run.pictures.val, 24);
  EXPECT_EQ(run.options.at("epochs"), "2");
  EXPECT_EQ(run.results->stopped, "all epochs done");

  // What the verb gives for the same options.
  training::Settings settings;
  for (const auto& [name, value] :
       {std::pair("model", "sprout"), std::pair("epochs", "2"), std::pair("batch", "8"),
        std::pair("val-transforms", "resize(128x128)"), std::pair("seed", "3")}) {
    set_setting(settings, name, value);
  }
  const run::Trained same = run::train(
      {.data = photos_.data().string(), .output = photos_.path("same"), .settings = settings}, {});
  EXPECT_EQ(same.run.results->best.loss, run.results->best.loss);
  const base::Path picture = photos_.file(0);
  EXPECT_EQ(Predictor(run.model()).predict(picture).logits,
            Predictor(load_model(same.folder)).predict(picture).logits);

  const engraft::Run opened = open_run(run.folder);
  EXPECT_EQ(opened.results->best.accuracy_percent, run.results->best.accuracy_percent);
  EXPECT_EQ(opened.history.size(), 2U);
  EXPECT_EQ(opened.options, run.options);
  EXPECT_TRUE(std::filesystem::exists(write_report(run.folder)));

  const std::optional<Evaluation> on_all = evaluate(run.model(), photos_.data(), {.split = "all"});
  ASSERT_TRUE(on_all);
  EXPECT_EQ(on_all->pictures, 24);
  EXPECT_EQ(on_all->trained_on, run.pictures.train);
  ASSERT_TRUE(on_all->unseen);
  EXPECT_EQ(on_all->unseen->accuracy_percent, run.results->best.accuracy_percent);
  EXPECT_EQ(on_all->metrics.classes[0].name, "ants");
  std::int64_t counted = 0;
  for (const Confused& pair : on_all->metrics.confusion) counted += pair.count;
  EXPECT_EQ(counted, 24);
}

TEST_F(PublicTraining, StopsAndKeepsWhatItReached) {
  std::atomic<bool> enough{false};
  TrainOptions options = quick();
  options.epochs = 100;
  const engraft::Run run = train(photos_.data(), options,
                                 {.shared = {.stop = [&] { return enough.load(); }},
                                  .validated = [&](const Validation&) { enough = true; }});
  EXPECT_EQ(run.results->stopped, "interrupted");
  EXPECT_LT(run.results->iterations, 100);
  EXPECT_NO_THROW(run.model());
}

TEST_F(PublicTraining, LetsExceptionsOfCallbacksThrough) {
  EXPECT_THROW(train(photos_.data(), quick(),
                     {.validated = [](const Validation&) { throw std::out_of_range("mine"); }}),
               std::out_of_range);
}

TEST_F(PublicTraining, SaysWhatIsWrongBeforeItBegins) {
  EXPECT_THROW(train(photos_.data(), {.batch = 0}), OptionError);
  EXPECT_THROW(train(photos_.path("none"), quick()), Error);
  EXPECT_THAT(base::message_of<Error>([&] {
                train(photos_.data(), {.output = photos_.path("x"), .model = "sprouts"});
              }),
              HasSubstr("did you mean sprout"));
  EXPECT_THROW(evaluate(open_network("sprout"), photos_.data(), {.split = "half"}), OptionError);
  EXPECT_THROW(open_run(photos_.data()), Error);
}

TEST_F(PublicTraining, WritesFeatures) {
  const base::Path file = photos_.path("features.npy");
  const std::optional<WrittenFeatures> written =
      write_features(photos_.data(), file, {.model = "sprout"});
  ASSERT_TRUE(written);
  EXPECT_EQ(written->pictures.size(), 24U);
  EXPECT_EQ(written->shape.front(), 24);
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST(Networks, ComeByName) {
  EXPECT_THAT(network_names(), testing::Contains("resnet18"));
  const Model sprout = open_network("sprout");
  EXPECT_EQ(sprout.classes().size(), 48U);
  EXPECT_EQ(open_network("resnet18", {.weights = "none"}).classes()[0], "tench");
}

}  // namespace
}  // namespace engraft
