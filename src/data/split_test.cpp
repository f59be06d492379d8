#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.h"
#include "base/testing/temporary_folder.h"
#include "data/dataset.h"
#include "engraft/error.h"

namespace engraft::data {
namespace {

using testing::HasSubstr;

// `sizes[c]` pictures of class c, in the order of their names.
Dataset make_dataset(const std::vector<int>& sizes, const base::Path& root = "data") {
  Dataset dataset;
  dataset.root = root;
  for (std::size_t label = 0; label < sizes.size(); ++label) {
    dataset.classes.push_back("class" + std::to_string(label));
    for (int i = 0; i < sizes[label]; ++i) {
      const std::string name = dataset.classes.back() + "/" + std::to_string(10000 + i) + ".jpg";
      dataset.samples.push_back({root / name, name, static_cast<int>(label), Split::kUnassigned});
    }
  }
  return dataset;
}

std::map<std::string, Split> sides_of(const Dataset& dataset) {
  std::map<std::string, Split> sides;
  for (const Sample& sample : dataset.samples) sides[sample.name] = sample.split;
  return sides;
}

std::string split_error(Dataset dataset, const SplitOptions& options) {
  return base::message_of<Error>([&] { split_dataset(dataset, options); });
}

TEST(SplitDataset, GivesEveryPictureOneSideInTheRightShare) {
  for (const int n : {2, 5, 10, 397, 1000}) {
    for (const double fraction : {0.1, 0.2, 0.25, 0.5, 0.9}) {
      const auto expected = static_cast<std::size_t>(std::llround((1 - fraction) * n));
      Dataset dataset = make_dataset({n - n / 2, n / 2});
      const SplitOptions options{.val_fraction = fraction, .stratify = false, .seed = 3};
      if (expected == 0 || expected == static_cast<std::size_t>(n)) {
        EXPECT_NE(split_error(dataset, options), "");
        continue;
      }
      split_dataset(dataset, options);
      EXPECT_EQ(samples_of(dataset, Split::kTrain).size(), expected);
      EXPECT_EQ(samples_of(dataset, Split::kVal).size(), static_cast<std::size_t>(n) - expected);
      EXPECT_TRUE(samples_of(dataset, Split::kUnassigned).empty());
    }
  }
}

TEST(SplitDataset, IsTheSameWhateverTheOrderAndTheRoot) {
  for (const bool stratify : {false, true}) {
    Dataset dataset = make_dataset({50, 31, 19});
    Dataset shuffled = make_dataset({50, 31, 19}, "/mnt/other place");
    const std::vector<std::size_t> order = base::Random({7}).permutation(shuffled.samples.size());
    std::vector<Sample> samples;
    for (const std::size_t i : order) samples.push_back(shuffled.samples[i]);
    shuffled.samples = samples;
    const SplitOptions options{.val_fraction = 0.2, .stratify = stratify, .seed = 11};
    split_dataset(dataset, options);
    split_dataset(shuffled, options);
    EXPECT_EQ(sides_of(dataset), sides_of(shuffled));
  }
}

// Which pictures stand where must never change between machines or releases: saved runs rely on it.
TEST(SplitDataset, StaysWhatItWas) {
  Dataset dataset = make_dataset({5, 5});
  split_dataset(dataset, {.val_fraction = 0.3, .stratify = false, .seed = 0});
  EXPECT_THAT(samples_of(dataset, Split::kVal), testing::ElementsAre(0, 3, 7));
  dataset = make_dataset({5, 5});
  split_dataset(dataset, {.val_fraction = 0.4, .stratify = true, .seed = 42});
  EXPECT_THAT(samples_of(dataset, Split::kVal), testing::ElementsAre(0, 2, 6, 7));
}

TEST(SplitDataset, DependsOnTheSeed) {
  for (const bool stratify : {false, true}) {
    std::vector<std::map<std::string, Split>> splits;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      Dataset dataset = make_dataset({60, 60});
      split_dataset(dataset, {.val_fraction = 0.5, .stratify = stratify, .seed = seed});
      for (const auto& earlier : splits) EXPECT_NE(sides_of(dataset), earlier);
      splits.push_back(sides_of(dataset));
    }
  }
}

TEST(SplitDataset, PutsEveryPictureOnEitherSideAlikeOften) {
  std::vector<int> held_out(40);
  constexpr int kSplits = 2000;
  for (std::uint64_t seed = 0; seed < kSplits; ++seed) {
    Dataset dataset = make_dataset({20, 20});
    split_dataset(dataset, {.val_fraction = 0.25, .stratify = false, .seed = seed});
    for (const std::size_t i : samples_of(dataset, Split::kVal)) ++held_out[i];
  }
  for (const int count : held_out) EXPECT_NEAR(count, kSplits / 4, 100);  // 5 standard deviations
}

TEST(SplitDataset, StratifiedKeepsClassShares) {
  const std::vector<int> sizes{7, 100, 33, 2};
  Dataset dataset = make_dataset(sizes);
  split_dataset(dataset, {.val_fraction = 0.3, .stratify = true, .seed = 5});
  std::vector<int> held_out(sizes.size());
  for (const std::size_t i : samples_of(dataset, Split::kVal)) {
    ++held_out[static_cast<std::size_t>(dataset.samples[i].label)];
  }
  for (std::size_t label = 0; label < sizes.size(); ++label) {
    EXPECT_NEAR(held_out[label], 0.3 * sizes[label], 1) << label;
    EXPECT_GT(held_out[label], 0);
  }
}

TEST(SplitDataset, StratifiedClassesDoNotDisturbEachOther) {
  Dataset two = make_dataset({30, 30});
  Dataset three = make_dataset({30, 30, 12});
  const SplitOptions options{.val_fraction = 0.2, .stratify = true, .seed = 1};
  split_dataset(two, options);
  split_dataset(three, options);
  const auto sides = sides_of(three);
  for (const auto& [name, side] : sides_of(two)) EXPECT_EQ(sides.at(name), side);
}

TEST(SplitDataset, LeavesAGivenSplitAlone) {
  Dataset dataset = make_dataset({3, 3});
  for (Sample& sample : dataset.samples) sample.split = Split::kTrain;
  dataset.samples[4].split = Split::kVal;
  const auto before = sides_of(dataset);
  split_dataset(dataset, {.val_fraction = 0.5, .stratify = true, .seed = 9});
  EXPECT_EQ(sides_of(dataset), before);
}

TEST(SplitDataset, RefusesAnEmptySide) {
  const Dataset few = make_dataset({1, 1});
  EXPECT_THAT(split_error(few, {.val_fraction = 0.2}),
              HasSubstr("data: 2 pictures cannot be split with a validation fraction of 0.2: "
                        "nothing would be left for validation"));
  EXPECT_THAT(split_error(few, {.val_fraction = 0.9}), HasSubstr("left for training"));
  EXPECT_THAT(split_error(make_dataset({50, 1}), {.val_fraction = 0.2, .stratify = true}),
              HasSubstr("data: class class1: 1 picture cannot be split"));
}

TEST(SplitDataset, RefusesFractionsThatAreNone) {
  for (const double fraction : {0.0, 1.0, -0.5, 1.5, std::nan("")}) {
    EXPECT_THAT(split_error(make_dataset({9, 9}), {.val_fraction = fraction}),
                HasSubstr("must lie between 0 and 1"));
  }
}

TEST(SplitDataset, AnErrorChangesNothing) {
  Dataset dataset = make_dataset({50, 1});
  EXPECT_THROW(split_dataset(dataset, {.val_fraction = 0.2, .stratify = true}), Error);
  EXPECT_EQ(samples_of(dataset, Split::kUnassigned).size(), 51U);
}

}  // namespace
}  // namespace engraft::data
