#include "features/features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <numeric>

#include "base/testing/temporary_folder.h"
#include "demo/drawn.h"
#include "engraft/error.h"
#include "graph/builder.h"
#include "image/encode.h"
#include "transforms/load_picture.h"
#include "zoo/testing/seeded_state.h"

namespace engraft::features {
namespace {

using testing::FloatNear;
using testing::Pointwise;

constexpr std::size_t kPictures = 21;  // no multiple of any chunk
constexpr float kRounding = 1e-5F;     // features are around 1

graph::Graph small_net() {
  graph::GraphBuilder net("Small", {32, 32});
  graph::Value x = net.input();
  x = net.add("conv", x, graph::Conv2d{.out_channels = 8, .kernel = 3, .stride = 2, .padding = 1});
  x = net.add("relu", x, graph::ReLU{});
  x = net.add("pool", x, graph::AdaptiveAvgPool2d{.output = 2});
  x = net.apply(graph::Flatten{}, {x});
  net.add("fc", x, graph::Linear{.out_features = 5});
  return std::move(net).finish("small");
}

data::Dataset listed(const base::Path& root) {
  data::Dataset data;
  data.root = root;
  data.classes = {"ants", "bees"};
  for (std::size_t i = 0; i < kPictures; ++i) {
    const std::string name = (i % 2 == 0 ? "ants/" : "bees/") + std::to_string(i) + ".png";
    data.samples.push_back({root / name, name, static_cast<int>(i % 2), data::Split::kTrain});
  }
  return data;
}

class Features : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new base::TestFolder;
    for (std::size_t i = 0; i < kPictures; ++i) {
      base::Random random({i});
      const demo::Insect kind = i % 2 == 0 ? demo::Insect::kAnt : demo::Insect::kBee;
      folder_->write(listed({}).samples[i].name,
                     image::encode_png(demo::draw_insect(kind, 48, random)));
    }
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  Features() : data_(listed(folder_->path())) {
    source_.pipeline = transforms::parse_pipeline("random_resized_crop(32) hflip");
    for (std::size_t i = 0; i < kPictures; ++i) {
      files_.push_back(data_.samples[i].path);
      views_.push_back({i, i % 3});
    }
  }

  std::vector<float> features_of(std::span<const View> views, std::uint64_t seed = 7) const {
    std::vector<float> result(views.size() * kSize, -1);
    EXPECT_TRUE(compute_features(source_, data_, views, seed, executor_, output_, result));
    return result;
  }

  // Of the files, by index; and why others could not be read.
  struct Outcome {
    bool complete = false;
    std::map<std::size_t, std::vector<float>> features;
    std::map<std::size_t, std::string> problems;
  };
  Outcome outcome_of(std::span<const base::Path> files) const {
    Outcome outcome;
    outcome.complete = compute_features(
        source_, files.size(),
        [&](std::size_t i) {
          base::Random random({base::mix_bits(files[i].string())});
          return transforms::load_picture(files[i], source_.pipeline, random);
        },
        executor_, output_,
        [&](std::size_t i, std::span<const float> features) {
          EXPECT_TRUE(
              outcome.features.emplace(i, std::vector(features.begin(), features.end())).second);
        },
        [&](std::size_t i, const std::string& reason) {
          EXPECT_TRUE(outcome.problems.emplace(i, reason).second);
        });
    return outcome;
  }

  static constexpr std::size_t kSize = 5;
  static base::TestFolder* folder_;
  data::Dataset data_;
  std::vector<base::Path> files_;
  std::vector<View> views_;
  FeatureSource source_;
  graph::Graph graph_ = small_net();
  graph::NodeId output_ = graph_.output();
  infer::Executor executor_{graph_, zoo::seeded_state(graph_), {output_}};
};

base::TestFolder* Features::folder_ = nullptr;

TEST_F(Features, AreWhatTheNetworkGivesForThePreparedPicture) {
  const std::vector<float> all = features_of(views_);
  source_.normalization.mean = {0.1F, 0.2F, 0.3F};
  const std::vector<float> otherwise = features_of(views_);
  for (const std::size_t i : {std::size_t{0}, kPictures - 1}) {
    const base::Expected<image::Image> image = load_view(data_, source_.pipeline, views_[i], 7);
    ASSERT_TRUE(image);
    std::vector<float> picture(3 * 32 * 32);
    std::vector<float> want(kSize);
    transforms::to_normalized_tensor(*image, transforms::Normalization{}, picture);
    executor_.run(picture, output_, want);
    for (std::size_t k = 0; k < kSize; ++k) {
      EXPECT_NEAR(all[i * kSize + k], want[k], kRounding);
      EXPECT_NE(all[i * kSize + k], otherwise[i * kSize + k]);
    }
  }
}

// A network that wants other numbers sees what it would see of pictures rescaled by hand; and a
// pipeline that says them wins over the network's.
TEST_F(Features, FollowTheNormalizationThatIsSaid) {
  source_.pipeline = transforms::parse_pipeline("resize(32x32) normalize(mean=0.5,std=0.25)");
  const std::vector<float> said = features_of(views_);
  source_.pipeline = transforms::parse_pipeline("resize(32x32)");
  source_.normalization = {{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}};
  EXPECT_EQ(features_of(views_), said);
  const base::Expected<image::Image> image = load_view(data_, source_.pipeline, views_[3], 7);
  ASSERT_TRUE(image);
  std::vector<float> rescaled(image->pixels.size());
  const std::size_t plane = rescaled.size() / 3;
  for (std::size_t i = 0; i < rescaled.size(); ++i) {
    rescaled[i % 3 * plane + i / 3] = static_cast<float>(image->pixels[i]) / 63.75F - 2;
  }
  std::vector<float> want(kSize);
  executor_.run(rescaled, output_, want);
  EXPECT_THAT(std::vector(said.begin() + 3 * kSize, said.begin() + 4 * kSize),
              Pointwise(FloatNear(kRounding), want));
}

// But for rounding: how many pictures make a batch decides how a linear layer's sums are grouped.
TEST_F(Features, DependNeitherOnWorkersNorOnOrder) {
  const std::vector<float> one = features_of(views_);
  for (const int workers : {2, 3, 16}) {
    source_.workers = workers;
    EXPECT_THAT(features_of(views_), Pointwise(FloatNear(kRounding), one)) << workers;
  }
  std::vector<View> backwards = views_;
  std::ranges::reverse(backwards);
  const std::vector<float> reversed = features_of(backwards);
  for (std::size_t i = 0; i < kPictures; ++i) {
    const std::span<const float> want = std::span(one).subspan(i * kSize, kSize);
    EXPECT_THAT(std::span(reversed).subspan((kPictures - 1 - i) * kSize, kSize),
                Pointwise(FloatNear(kRounding), want))
        << i;
    EXPECT_THAT(features_of(std::span(views_).subspan(i, 1)), Pointwise(FloatNear(kRounding), want))
        << i;
  }
}

TEST_F(Features, AViewDependsOnSeedSampleAndViewAlone) {
  const auto pixels = [this](const data::Dataset& data, View view, std::uint64_t seed) {
    return load_view(data, source_.pipeline, view, seed)->pixels;
  };
  const std::vector<std::uint8_t> want = pixels(data_, {4, 1}, 7);
  EXPECT_EQ(pixels(data_, {4, 1}, 7), want);
  EXPECT_NE(pixels(data_, {4, 2}, 7), want);
  EXPECT_NE(pixels(data_, {4, 1}, 8), want);

  // A sample is its name: neither its place in the list nor the data set's on the disk counts.
  data::Dataset moved = listed(folder_->path() / "ants" / "..");
  moved.samples.erase(moved.samples.begin());
  EXPECT_EQ(pixels(moved, {3, 1}, 7), want);
  moved.samples[3].name = "ants/renamed.png";
  EXPECT_NE(pixels(moved, {3, 1}, 7), want);
}

TEST_F(Features, PassOverFilesThatCannotBeRead) {
  const Outcome before = outcome_of(files_);
  EXPECT_EQ(before.features.size(), kPictures);
  const base::TestFolder broken;
  broken.write("page.jpg", "<html>not found</html>");
  std::vector<base::Path> files = files_;
  files[0] = broken.path() / "page.jpg";
  files[11] = broken.path() / "missing.png";
  source_.workers = 3;
  const Outcome after = outcome_of(files);
  EXPECT_TRUE(after.complete);
  EXPECT_THAT(after.problems,
              testing::ElementsAre(testing::Pair(0, testing::HasSubstr("html")),
                                   testing::Pair(11, testing::Not(testing::IsEmpty()))));
  std::map<std::size_t, std::vector<float>> readable = before.features;
  readable.erase(0);
  readable.erase(11);
  ASSERT_EQ(after.features.size(), readable.size());
  for (const auto& [i, features] : readable) {
    EXPECT_THAT(after.features.at(i), Pointwise(FloatNear(kRounding), features)) << i;
  }
}

TEST_F(Features, APictureThatHasBecomeUnreadableIsAnError) {
  data_.samples[5].path = folder_->path() / "gone.png";
  source_.workers = 3;
  std::vector<float> result(views_.size() * kSize);
  EXPECT_THAT(base::message_of<Error>(
                  [&] { compute_features(source_, data_, views_, 7, executor_, output_, result); }),
              testing::HasSubstr((folder_->path() / "gone.png").string()));
}

TEST_F(Features, StopWhenAsked) {
  for (const int workers : {1, 3}) {
    source_.workers = workers;
    std::atomic<int> asked{0};
    source_.stop_requested = [&] { return ++asked > 10; };
    const Outcome outcome = outcome_of(files_);
    EXPECT_FALSE(outcome.complete);
    EXPECT_LE(outcome.features.size(), 10U);
    EXPECT_LE(asked, 10 + workers);  // no worker goes on once one was told
  }
}

TEST_F(Features, TellHowFarTheyAre) {
  files_[2] = "missing.png";  // counts as done
  source_.workers = 3;
  std::vector<std::size_t> done{0};
  source_.progress = [&](std::size_t now, std::size_t total) {
    EXPECT_EQ(total, kPictures);
    EXPECT_GT(now, done.back());
    done.push_back(now);
  };
  outcome_of(files_);
  EXPECT_EQ(done.back(), kPictures);
}

// By content, not by path: once kept, they need no file any more.
TEST_F(Features, AreTakenFromTheCache) {
  const base::TestFolder cache;
  for (data::Sample& sample : data_.samples)
    sample.content = cache::record_key(base::read_file(sample.path));
  for (const char* pipeline : {"resize(32x32)", "random_resized_crop(32) hflip"}) {
    source_.pipeline = transforms::parse_pipeline(pipeline);
    std::vector<float> first;
    {
      cache::RecordStore store(cache.path(), pipeline, kSize * sizeof(float));
      source_.cache = &store;
      first = features_of(views_);
    }
    data::Dataset moved = data_;
    for (data::Sample& sample : moved.samples)
      sample.path = "nowhere/" + sample.path.filename().string();
    std::swap(data_, moved);
    cache::RecordStore store(cache.path(), pipeline, kSize * sizeof(float));
    source_.cache = &store;
    EXPECT_EQ(features_of(views_), first);
    if (transforms::is_random(source_.pipeline)) {  // another seed is another view
      std::vector<float> result(views_.size() * kSize);
      EXPECT_THROW(compute_features(source_, data_, views_, 8, executor_, output_, result), Error);
    }
    std::swap(data_, moved);
    // A changed picture is another one.
    data_.samples[3].content[0] ^= std::byte{1};
    EXPECT_THAT(features_of(views_), Pointwise(FloatNear(kRounding), first));
    data_.samples[3].content[0] ^= std::byte{1};
    source_.cache = nullptr;
  }
}

TEST_F(Features, OfNothingAreNothing) {
  source_.workers = 3;
  const Outcome outcome = outcome_of({});
  EXPECT_TRUE(outcome.complete);
  EXPECT_TRUE(outcome.features.empty());
  EXPECT_TRUE(features_of({}).empty());
}

TEST_F(Features, NeedPicturesOfOneSize) {
  const graph::Pair size =
      fixed_output_size(transforms::parse_pipeline("resize(40) center_crop(24x32)"));
  EXPECT_EQ(size.height, 24);
  EXPECT_EQ(size.width, 32);
  const testing::Matcher<std::string> explained =
      testing::AllOf(testing::HasSubstr("resize(40) hflip"), testing::HasSubstr("center_crop"));
  const transforms::Pipeline varying = transforms::parse_pipeline("resize(40) hflip");
  EXPECT_THAT(base::message_of<Error>([&] { fixed_output_size(varying); }), explained);
  source_.pipeline = varying;
  EXPECT_THAT(base::message_of<Error>([&] { outcome_of(files_); }), explained);
}

}  // namespace
}  // namespace engraft::features
