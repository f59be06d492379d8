#include <gtest/gtest.h>

#include "base/random.h"
#include "base/testing/temporary_folder.h"
#include "demo/drawn.h"
#include "image/encode.h"
#include "run/predict.h"
#include "run/train.h"
#include "weights/safetensors.h"

namespace engraft::run {
namespace {

// The logits that a training keeps are those that predict gives, bit for bit.
class TheSameLogits : public testing::TestWithParam<const char*> {};

TEST_P(TheSameLogits, InTrainingAndPrediction) {
  const base::TestFolder folder;
  for (std::uint64_t i = 0; i < 40; ++i) {
    base::Random random({i});
    folder.write(
        "photos/" + std::string(i % 2 == 0 ? "ants/" : "bees/") + std::to_string(i) + ".jpg",
        image::encode_jpeg(
            demo::draw_insect(i % 2 == 0 ? demo::Insect::kAnt : demo::Insect::kBee, 96, random)));
  }
  TrainRequest request{.data = (folder.path() / "photos").string(),
                       .output = folder.path() / "run"};
  for (const auto& [name, value] :
       {std::pair("model", "sprout"), {"precision", GetParam()}, {"no-cache", "true"}}) {
    training::set_setting(request.settings, name, value);
  }
  const Trained trained = train(request, {});
  const std::string npy = base::read_text(trained.folder / "logits.npy");

  std::vector<base::Path> files;
  for (const data::Sample& sample : trained.data.samples) {
    if (sample.split == data::Split::kVal) files.push_back(sample.path);
  }
  ASSERT_EQ(files.size(), 8U);
  std::string predicted;
  std::size_t next = 0;
  PredictRequest prediction{.model = trained.folder.string()};
  prediction.settings.no_cache = true;
  predict(prediction, {.next = [&]() -> std::optional<base::Path> {
            if (next == files.size()) return std::nullopt;
            return files[next++];
          }},
          {.predicted = [&](const Prediction& one) {
            predicted.append(reinterpret_cast<const char*>(one.logits.data()),
                             one.logits.size() * sizeof(float));
          }});
  EXPECT_EQ(npy.substr(npy.size() - predicted.size()), predicted);
}

INSTANTIATE_TEST_SUITE_P(Precisions, TheSameLogits, testing::Values("fp32", "auto", "int8"));

}  // namespace
}  // namespace engraft::run
