#include "run/predict.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/random.h"
#include "base/testing/temporary_folder.h"
#include "demo/drawn.h"
#include "image/encode.h"
#include "model/model.h"
#include "pretrained/pretrained.h"

namespace engraft::run {
namespace {

namespace fs = std::filesystem;

// A saved model, pictures, and a cache of its own.
class Predict : public testing::Test {
 protected:
  static constexpr int kPictures = 70;

  Predict() {
    const char* before = std::getenv("ENGRAFT_CACHE");
    if (before != nullptr) before_ = before;
    ::setenv("ENGRAFT_CACHE", (folder_.path() / "cache").c_str(), 1);
    model::save_model(pretrained::model_for_classes("sprout", {"ants", "bees"}, {}),
                      folder_.path() / "model.safetensors");
    for (int i = 0; i < kPictures; ++i) {
      base::Random random({static_cast<std::uint64_t>(i)});
      const demo::Insect kind = i % 2 == 0 ? demo::Insect::kAnt : demo::Insect::kBee;
      folder_.write(fmt::format("photos/{:02}.png", i),
                    image::encode_png(demo::draw_insect(kind, 64, random)));
    }
    files_ = files_below(folder_.path() / "photos");
  }
  ~Predict() override {
    if (before_.empty()) {
      ::unsetenv("ENGRAFT_CACHE");
    } else {
      ::setenv("ENGRAFT_CACHE", before_.c_str(), 1);
    }
  }

  std::vector<std::vector<float>> logits(std::vector<base::Path> files, const char* workers) const {
    PredictRequest request{.model = (folder_.path() / "model.safetensors").string()};
    training::set_setting(request.settings, "workers", workers);
    std::vector<std::vector<float>> result;
    std::size_t next = 0;
    EXPECT_TRUE(
        predict(request, {.next = [&]() -> std::optional<base::Path> {
                  if (next == files.size()) return std::nullopt;
                  return files[next++];
                }},
                {.predicted = [&](const Prediction& one) { result.push_back(one.logits); }}));
    return result;
  }

  base::TestFolder folder_;
  std::string before_;
  std::vector<base::Path> files_;
};

// Alone and among many, forwards and backwards, from a cold cache and a warm one.
TEST_F(Predict, GivesTheSameWhateverTheCompany) {
  const std::vector<std::vector<float>> all = logits(files_, "2");
  ASSERT_EQ(all.size(), files_.size());
  for (const std::size_t i : {std::size_t{0}, std::size_t{33}, files_.size() - 1}) {
    EXPECT_THAT(logits({files_[i]}, "1"), testing::ElementsAre(all[i]));
  }
  std::vector<base::Path> backwards(files_.rbegin(), files_.rend());
  std::vector<std::vector<float>> again = logits(backwards, "3");
  std::ranges::reverse(again);
  EXPECT_EQ(again, all);
}

// Rearranged weights are kept, and looked for under what the file is: not those of another.
TEST_F(Predict, KeepsRearrangedWeights) {
  const auto segments = [&] {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path() / "cache")) {
      count += entry.path().extension() == ".segment" ? 1 : 0;
    }
    return count;
  };
  const auto before = logits({files_[0]}, "1");
  EXPECT_EQ(segments(), 1U);
  EXPECT_EQ(logits({files_[0]}, "1"), before);
  EXPECT_EQ(segments(), 1U);
  model::save_model(pretrained::model_for_classes("sprout", {"ants", "bees"}, {.seed = 5}),
                    folder_.path() / "model.safetensors");
  EXPECT_NE(logits({files_[0]}, "1"), before);
  EXPECT_EQ(segments(), 2U);
}

}  // namespace
}  // namespace engraft::run
