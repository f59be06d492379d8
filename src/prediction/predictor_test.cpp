#include "prediction/predictor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"
#include "base/testing/temporary_folder.h"
#include "demo/drawn.h"
#include "engraft/error.h"
#include "features/plan_for.h"
#include "image/decode.h"
#include "image/encode.h"
#include "pretrained/pretrained.h"

namespace engraft::prediction {
namespace {

using testing::HasSubstr;

class PredictorTest : public testing::Test {
 protected:
  static constexpr std::size_t kPictures = 9;

  PredictorTest() {
    for (std::size_t i = 0; i < kPictures; ++i) {
      base::Random random({i});
      pictures_.push_back(demo::draw_insect(demo::Insect::kBee, 150, random));
      encoded_.push_back(image::encode_png(pictures_.back()));
      folder_.write(std::to_string(i), encoded_.back());
    }
  }

  static model::Model sprout() {
    return pretrained::model_for_classes("sprout", {"ants", "bees"}, {});
  }

  std::vector<std::vector<float>> logits(const features::Load& load, std::size_t count,
                                         bool features = false) const {
    std::vector<std::vector<float>> all(count);
    const features::Result result = [&](std::size_t i, std::span<const float> values) {
      all[i].assign(values.begin(), values.end());
    };
    const features::Failed failed = [](std::size_t, const std::string& why) { FAIL() << why; };
    EXPECT_TRUE(features ? predictor_.features(count, load, result, failed)
                         : predictor_.logits(count, load, result, failed));
    return all;
  }

  base::TestFolder folder_;
  std::vector<image::Image> pictures_;
  std::vector<base::Bytes> encoded_;
  Predictor predictor_{sprout(), {.plan = features::plan_for(sprout(), {}).plan, .workers = 2}};
};

TEST_F(PredictorTest, GivesTheSameWhereverAPictureLies) {
  const auto from_files =
      logits([&](std::size_t i) { return predictor_.load(folder_.path() / std::to_string(i)); },
             kPictures);
  EXPECT_NE(from_files[0], from_files[1]);
  EXPECT_EQ(
      logits([&](std::size_t i) { return predictor_.load(std::span(encoded_[i])); }, kPictures),
      from_files);
  EXPECT_EQ(logits([&](std::size_t i) { return predictor_.load(pictures_[i]); }, kPictures),
            from_files);
  EXPECT_EQ(logits([&](std::size_t) { return predictor_.load(pictures_[4]); }, 1)[0],
            from_files[4]);
}

TEST_F(PredictorTest, GivesFeaturesFromWhichTheHeadMakesTheLogits) {
  const auto load = [&](std::size_t i) { return predictor_.load(pictures_[i]); };
  const auto features = logits(load, kPictures, true);
  const Head head(predictor_.model(), 1);
  ASSERT_EQ(std::ssize(features[0]), base::element_count(predictor_.feature_shape()));
  std::vector<float> made(2);
  head.logits(features[3], made);
  EXPECT_EQ(made, logits(load, kPictures)[3]);
}

TEST_F(PredictorTest, SaysWhatCannotBeRead) {
  std::vector<std::string> problems;
  EXPECT_TRUE(predictor_.logits(
      2, [&](std::size_t) { return predictor_.load(folder_.path() / "none"); },
      [](std::size_t, std::span<const float>) { FAIL(); },
      [&](std::size_t, const std::string& why) { problems.push_back(why); }));
  EXPECT_EQ(problems.size(), 2U);
}

TEST_F(PredictorTest, Stops) {
  EXPECT_FALSE(predictor_.logits(
      kPictures, [&](std::size_t i) { return predictor_.load(pictures_[i]); },
      [](std::size_t, std::span<const float>) {}, [](std::size_t, const std::string&) {},
      [] { return true; }));
}

TEST(PredictorOf, AModelWhosePicturesDiffer) {
  model::Model model = pretrained::model_for_classes("sprout", {"ants", "bees"}, {});
  model.val_transforms = transforms::parse_pipeline("resize(128)");
  EXPECT_THAT(base::message_of<Error>([&] { Predictor(model, {}); }), HasSubstr("different sizes"));
}

}  // namespace
}  // namespace engraft::prediction
