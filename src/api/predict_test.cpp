#include "engraft/predict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

#include "api/testing/drawn_photos.h"
#include "engraft/engraft.h"
#include "engraft/error.h"
#include "engraft/version.h"
#include "model/model.h"
#include "pretrained/pretrained.h"
#include "run/predict.h"
#include "weights/safetensors.h"

namespace engraft {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class PublicPrediction : public testing::Test {
 protected:
  static constexpr std::size_t kPictures = 6;

  PublicPrediction() {
    model::save_model(pretrained::model_for_classes("sprout", {"ants", "bees"}, {}), file_);
    for (std::size_t i = 0; i < kPictures; ++i) {
      pictures_.push_back(api::DrawnPhotos::picture(i));
      files_.push_back(photos_.file(i));
    }
    for (const image::Image& picture : pictures_) {
      frames_.push_back({picture.pixels.data(), picture.height, picture.width});
    }
  }

  // What `engraft predict` says.
  std::vector<std::vector<float>> of_the_command() const {
    std::vector<std::vector<float>> logits;
    std::size_t next = 0;
    run::predict({.model = file_.string()}, {.next = [&]() -> std::optional<base::Path> {
                   if (next == files_.size()) return std::nullopt;
                   return files_[next++];
                 }},
                 {.predicted = [&](const run::Prediction& one) { logits.push_back(one.logits); }});
    return logits;
  }

  api::DrawnPhotos photos_{kPictures};
  base::Path file_ = photos_.path("model.safetensors");
  std::vector<image::Image> pictures_;
  std::vector<base::Path> files_;
  std::vector<Frame> frames_;
};

TEST_F(PublicPrediction, GivesTheCommandsBits) {
  const std::vector<std::vector<float>> expected = of_the_command();
  const Predictor predictor(load_model(file_), {.workers = 2});
  const std::vector<Prediction> from_files = predictor.predict(files_);
  const std::vector<Prediction> from_frames = predictor.predict(frames_);
  std::vector<float> logits(kPictures * 2);
  predictor.logits(frames_, logits);
  for (std::size_t i = 0; i < kPictures; ++i) {
    EXPECT_EQ(from_files[i].logits, expected[i]);
    EXPECT_EQ(from_frames[i].logits, expected[i]);
    EXPECT_EQ(predictor.predict(frames_[i]).logits, expected[i]);
    EXPECT_EQ(predictor.predict(files_[i]).logits, expected[i]);
    const base::Bytes bytes = base::read_file(files_[i]);
    EXPECT_EQ(predictor.predict_encoded(bytes).logits, expected[i]);
    EXPECT_TRUE(std::ranges::equal(expected[i], std::span(logits).subspan(2 * i, 2)));
  }
}

TEST_F(PublicPrediction, TakesRowsWhereverTheyLie) {
  const Predictor predictor(load_model(file_));
  const image::Image& picture = pictures_[0];
  const std::ptrdiff_t stride = 3 * picture.width + 13;
  std::vector<std::uint8_t> padded(static_cast<std::size_t>(stride * picture.height), 77);
  std::vector<std::uint8_t> upside_down(padded.size(), 77);
  for (int y = 0; y < picture.height; ++y) {
    std::copy_n(picture.row(y), 3 * picture.width, padded.begin() + y * stride);
    std::copy_n(picture.row(y), 3 * picture.width,
                upside_down.begin() + (picture.height - 1 - y) * stride);
  }
  const std::vector<float> expected = predictor.predict(frames_[0]).logits;
  EXPECT_EQ(predictor.predict({padded.data(), picture.height, picture.width, stride}).logits,
            expected);
  EXPECT_EQ(predictor
                .predict({upside_down.data() + (picture.height - 1) * stride, picture.height,
                          picture.width, -stride})
                .logits,
            expected);
}

TEST_F(PublicPrediction, NamesTheLikeliest) {
  const Predictor predictor(load_model(file_));
  const Prediction prediction = predictor.predict(files_[0]);
  const std::vector<Answer> both = likeliest(predictor.model(), prediction, 5);
  ASSERT_EQ(both.size(), 2U);
  EXPECT_GE(both[0].probability, both[1].probability);
  EXPECT_NEAR(both[0].probability + both[1].probability, 1, 1e-9);
  EXPECT_EQ(both[0].name, predictor.model().classes()[both[0].index]);
  EXPECT_EQ(likeliest(predictor.model(), prediction).size(), 1U);
}

TEST_F(PublicPrediction, SaysWhatCannotBeRead) {
  const Predictor predictor(load_model(file_));
  files_[1] = photos_.path("none.png");
  const std::vector<Prediction> predictions = predictor.predict(files_);
  EXPECT_TRUE(predictions[0].ok());
  EXPECT_THAT(predictions[1].error, HasSubstr("No such file"));
  EXPECT_TRUE(predictions[1].logits.empty());
  EXPECT_TRUE(likeliest(predictor.model(), predictions[1]).empty());
  EXPECT_THROW(predictor.features(files_[1]), Error);

  EXPECT_THAT(predictor.predict(Frame{}).error, HasSubstr("without pixels"));
  EXPECT_THAT(predictor.predict(Frame{pictures_[0].pixels.data(), 0, 5}).error, HasSubstr("0 × 5"));
  EXPECT_THAT(predictor.predict(Frame{pictures_[0].pixels.data(), 4, 5, 14}).error,
              HasSubstr("14 bytes apart"));
  std::vector<float> logits(kPictures * 2);
  EXPECT_THROW(predictor.logits(frames_, std::span(logits).first(3)), Error);
  frames_[2] = {};
  EXPECT_THAT(base::message_of<Error>([&] { predictor.logits(frames_, logits); }),
              HasSubstr("frame 2"));
}

TEST_F(PublicPrediction, GivesFeatures) {
  const Predictor predictor(load_model(file_));
  EXPECT_EQ(predictor.feature_count(), 192U);
  EXPECT_EQ(predictor.feature_shape().at(0), 192);
  std::vector<float> features(kPictures * 192);
  predictor.features(frames_, features);
  EXPECT_TRUE(
      std::ranges::equal(predictor.features(files_[3]), std::span(features).subspan(3 * 192, 192)));
}

TEST_F(PublicPrediction, ServesSeveralThreads) {
  const Predictor predictor(load_model(file_));
  const std::vector<float> expected = predictor.predict(frames_[0]).logits;
  const Predictor copy = predictor;
  std::vector<std::vector<float>> seen(3);
  std::vector<std::thread> threads;
  for (std::vector<float>& one : seen) {
    threads.emplace_back([&, own = copy] { one = own.predict(frames_[0]).logits; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(seen, testing::Each(expected));
}

TEST_F(PublicPrediction, KeepsWeightsOnlyWhereAsked) {
  const std::vector<float> expected = Predictor(load_model(file_)).predict(frames_[0]).logits;
  EXPECT_FALSE(std::filesystem::exists(photos_.path("cache")));
  const Predictor keeping(load_model(file_), {.keep_weights = true});
  EXPECT_EQ(keeping.predict(frames_[0]).logits, expected);
  EXPECT_TRUE(std::filesystem::exists(photos_.path("cache")));
}

TEST_F(PublicPrediction, RefusesWhatCannotBe) {
  const Model model = load_model(file_);
  EXPECT_THROW(Predictor(model, {.precision = "fp16"}), OptionError);
  EXPECT_THROW(Predictor(model, {.precision = "int8"}), OptionError);
  EXPECT_THROW(Predictor(model, {.workers = -1}), OptionError);
  EXPECT_THROW(load_model(photos_.path("none.safetensors")), Error);
}

TEST_F(PublicPrediction, KnowsItsModel) {
  const Model model = load_model(file_);
  const ModelFacts facts = model.facts();
  EXPECT_EQ(facts.architecture, "sprout");
  EXPECT_EQ(facts.height, 128);
  EXPECT_GT(facts.parameters, 100'000);
  EXPECT_EQ(version(), engraft_version());

  const Model named = with_class_names(with_transforms(model, "resize(128x128)"), {"a", "b"});
  EXPECT_EQ(named.classes(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(named.facts().transforms, "resize(128x128)");
  EXPECT_EQ(model.classes()[0], "ants");
  EXPECT_THROW(with_class_names(model, {"a"}), Error);
  EXPECT_THROW(with_transforms(model, "resize(128)"), Error);
  EXPECT_THROW(with_transforms(model, "resise(128x128)"), Error);

  const base::Path copy = photos_.path("copy.safetensors");
  save_model(model, copy);
  EXPECT_EQ(Predictor(load_model(copy)).predict(frames_[0]).logits,
            Predictor(model).predict(frames_[0]).logits);
}

// The full library knows the networks that 0.1.0 only named.
TEST_F(PublicPrediction, ReadsModelsOfVersion01) {
  const std::vector<float> expected =
      Predictor(load_model(file_), {.exact = true}).predict(frames_[0]).logits;
  weights::WeightFile file = weights::read_weights(file_);
  file.metadata.erase("graph");
  weights::write_safetensors(photos_.path("old.safetensors"), file.tensors, file.metadata);
  const Model old = load_model(photos_.path("old.safetensors"));
  EXPECT_EQ(Predictor(old, {.exact = true}).predict(frames_[0]).logits, expected);
}

}  // namespace
}  // namespace engraft
