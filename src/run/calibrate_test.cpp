#include "run/calibrate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "demo/drawn.h"
#include "engraft/error.h"
#include "graph/select.h"
#include "image/encode.h"
#include "infer/ranges_json.h"
#include "pretrained/pretrained.h"

namespace engraft::run {
namespace {

namespace fs = std::filesystem;

// Drawn ants and bees, and the built-in network that knows them.
class Calibrate : public testing::Test {
 protected:
  static constexpr std::size_t kPictures = 264;

  static void SetUpTestSuite() {
    folder_ = base::Path(testing::TempDir()) / "calibrate_test";
    fs::remove_all(folder_);
    for (std::size_t i = 0; i < kPictures; ++i) {
      const bool ant = i % 2 == 0;
      base::Random random({5, i});
      const base::Path path = folder_ / (ant ? "ants" : "bees") / (std::to_string(i) + ".png");
      fs::create_directories(path.parent_path());
      base::write_atomically(path, image::encode_png(demo::draw_insect(
                                       ant ? demo::Insect::kAnt : demo::Insect::kBee, 64, random)));
    }
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }

  void SetUp() override {
    data_ = data::scan_dataset(folder_);
    for (std::size_t i = 0; i < data_.samples.size(); ++i) samples_.push_back(i);
    model_ = pretrained::model_for_classes("sprout", data_.classes, {});
    cut_ = graph::find_cut(model_.graph,
                           graph::select_parameters(model_.graph, std::vector<std::string>{"head"}),
                           graph::Mode::kEval);
    source_.workers = 2;
  }

  infer::ComputePlan plan() const {
    return infer::choose_plan(model_.graph, {.precision = infer::Precision::kInt8});
  }

  static base::Path folder_;
  data::Dataset data_;
  std::vector<std::size_t> samples_;
  model::Model model_;
  graph::NodeId cut_ = 0;
  features::FeatureSource source_;
};

base::Path Calibrate::folder_;

// Features as near as these need no head to say so, and no more pictures.
TEST_F(Calibrate, FindsThat8BitsSuffice) {
  const Calibration found = calibrate(source_, data_, samples_, model_, cut_, plan());
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.pictures, 64);
  EXPECT_GT(found.cosine, 0.999);
  EXPECT_LT(found.noise, 0.01);
  EXPECT_TRUE(found.computes_in_8_bits);
  EXPECT_FALSE(found.right_in_float32 || found.right_in_8_bits);
  EXPECT_TRUE(found.is_good());
  EXPECT_GT(found.ranges.size(), 5U);
}

// The same network in float32, but with one channel in each block so large that 8 bits have little
// left for the others.
TEST_F(Calibrate, AsksHeadsWhereMuchIsLost) {
  constexpr float kMuch = 100;
  for (auto& [name, tensor] : model_.parameters) {
    if (name.ends_with(".bn1.weight") || name.ends_with(".bn1.bias")) {
      tensor.mutable_floats()[0] *= kMuch;
    } else if (name.ends_with(".conv2.weight")) {
      const std::size_t row = tensor.floats().size() / static_cast<std::size_t>(tensor.shape()[0]);
      const std::size_t pixels = row / static_cast<std::size_t>(tensor.shape()[1]);
      const std::span<float> numbers = tensor.mutable_floats();
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (i % row < pixels) numbers[i] /= kMuch;
      }
    }
  }
  const Calibration found = calibrate(source_, data_, samples_, model_, cut_, plan());
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.pictures, 66);  // a quarter
  EXPECT_GT(found.noise, 0.01);
  ASSERT_TRUE(found.right_in_float32 && found.right_in_8_bits);
  EXPECT_GT(*found.right_in_float32, 45);
}

TEST_F(Calibrate, DoesNotDependOnOrderOrWorkers) {
  const Calibration one = calibrate(source_, data_, samples_, model_, cut_, plan());
  std::ranges::reverse(samples_);
  source_.workers = 1;
  const Calibration other = calibrate(source_, data_, samples_, model_, cut_, plan());
  EXPECT_DOUBLE_EQ(one.cosine, other.cosine);
  EXPECT_EQ(infer::to_json_text(one.ranges, model_.graph),
            infer::to_json_text(other.ranges, model_.graph));
}

TEST_F(Calibrate, StopsWhenAsked) {
  source_.stop_requested = [] { return true; };
  EXPECT_FALSE(calibrate(source_, data_, samples_, model_, cut_, plan()).complete);
}

TEST_F(Calibrate, RangesSurviveBeingSaved) {
  Calibration found = calibrate(source_, data_, samples_, model_, cut_, plan());
  found.ranges.begin()->second.wide = true;
  const std::string text = infer::to_json_text(found.ranges, model_.graph);
  const infer::Ranges again = infer::ranges_from_json_text(text, model_.graph);
  ASSERT_EQ(again.size(), found.ranges.size());
  for (const auto& [value, range] : found.ranges) {
    EXPECT_EQ(again.at(value).low, range.low);
    EXPECT_EQ(again.at(value).high, range.high);
    EXPECT_EQ(again.at(value).wide, range.wide);
  }
  const std::string name = model_.graph.nodes[found.ranges.begin()->first].name;
  for (const std::string& damaged :
       {std::string(), std::string("[]"), "{\"" + name + "\": 3}", "{\"" + name + "\": [1]}",
        "{\"" + name + "\": [1, \"x\"]}", "{\"" + name + "\": [1, 2, \"narrow\"]}"}) {
    EXPECT_THROW(infer::ranges_from_json_text(damaged, model_.graph), Error) << damaged;
  }
}

Calibration with_heads(std::int64_t pictures, std::int64_t right_in_float32,
                       std::int64_t right_in_8_bits, double noise = 1) {
  Calibration calibration{.pictures = pictures, .cosine = 0.5, .noise = noise};
  calibration.right_in_float32 = right_in_float32;
  calibration.right_in_8_bits = right_in_8_bits;
  return calibration;
}

TEST(Calibration, IsGoodWhereTheHeadLosesLittle) {
  EXPECT_TRUE(with_heads(256, 240, 238).is_good());
  EXPECT_FALSE(with_heads(256, 240, 237).is_good());
  EXPECT_TRUE(with_heads(256, 240, 250).is_good());
}

// What a head makes of them differs by chance.
TEST(Calibration, IsGoodWhereThereIsHardlyNoise) {
  EXPECT_TRUE(with_heads(64, 60, 50, 0.005).is_good());
  EXPECT_FALSE(with_heads(64, 60, 50, 0.1).is_good());
}

TEST(Calibration, GoesByTheCosineWhereNoHeadCanSay) {
  EXPECT_TRUE((Calibration{.pictures = 40, .cosine = 0.96}).is_good());
  EXPECT_FALSE((Calibration{.pictures = 40, .cosine = 0.9}).is_good());
}

}  // namespace
}  // namespace engraft::run
