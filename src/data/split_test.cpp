#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <set>

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

std::vector<std::string> notes_of(Dataset& dataset, const SplitOptions& options) {
  std::vector<std::string> notes;
  split_dataset(dataset, options,
                {.note = [&](const std::string& text) { notes.push_back(text); }});
  return notes;
}

TEST(SplitDataset, GivesEveryPictureOneSideInTheRightShare) {
  for (const bool stratify : {false, true}) {
    for (const int n : {4, 5, 10, 397, 1000}) {
      for (const double fraction : {0.2, 0.25, 0.5}) {
        const auto expected = static_cast<std::size_t>(std::llround(fraction * n));
        Dataset dataset = make_dataset({n - n / 2, n / 2});
        split_dataset(dataset, {.val_fraction = fraction, .stratify = stratify, .seed = 3});
        EXPECT_EQ(samples_of(dataset, Split::kVal).size(), expected) << n << " " << fraction;
        EXPECT_EQ(samples_of(dataset, Split::kTrain).size(), n - expected);
        EXPECT_TRUE(samples_of(dataset, Split::kUnassigned).empty());
      }
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

std::vector<int> counts_of(const Dataset& dataset, Split side) {
  std::vector<int> counts(dataset.classes.size());
  for (const std::size_t i : samples_of(dataset, side)) {
    ++counts[static_cast<std::size_t>(dataset.samples[i].label)];
  }
  return counts;
}

// Any number of classes of any sizes: the total is right, no class is more than one picture off
// its share (of what may be held out), and each keeps a picture for training.
TEST(SplitDataset, DealsTheHeldOutToTheClassesByLargestRemainder) {
  base::Random random({11});
  for (std::uint64_t round = 0; round < 300; ++round) {
    std::vector<int> sizes(1 + random.below(40));
    for (int& size : sizes) size = 1 + static_cast<int>(random.below(random.chance(0.5F) ? 4 : 90));
    int pictures = 0;
    int shared = 0;  // in classes that can give one
    for (const int size : sizes) {
      pictures += size;
      if (size > 1) shared += size;
    }
    const double fraction = random.uniform(0.05F, 0.4F);
    const auto total = static_cast<int>(std::llround(fraction * pictures));
    const int most = pictures - static_cast<int>(sizes.size());
    if (total == 0 || most == 0) continue;
    Dataset dataset = make_dataset(sizes);
    split_dataset(dataset, {.val_fraction = fraction, .seed = round});
    const std::vector<int> held_out = counts_of(dataset, Split::kVal);
    EXPECT_EQ(std::accumulate(held_out.begin(), held_out.end(), 0), std::min(total, most));
    for (std::size_t k = 0; k < sizes.size(); ++k) {
      EXPECT_LT(held_out[k], sizes[k]);
      if (2 * total > shared) continue;  // classes may be exhausted
      EXPECT_NEAR(held_out[k], static_cast<double>(total) * sizes[k] / shared, sizes[k] > 1 ? 1 : 2)
          << sizes[k];
    }
  }
}

TEST(SplitDataset, SplitsTwiceTwoPictures) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Dataset dataset = make_dataset({2, 2});
    split_dataset(dataset, {.val_fraction = 0.2, .seed = seed});
    EXPECT_EQ(samples_of(dataset, Split::kVal).size(), 1U);
    EXPECT_THAT(counts_of(dataset, Split::kTrain), testing::Each(testing::Ge(1)));
  }
}

TEST(SplitDataset, AClassOfOnePictureTrains) {
  Dataset dataset = make_dataset({1, 20, 1});
  split_dataset(dataset, {.val_fraction = 0.2, .seed = 4});
  EXPECT_THAT(counts_of(dataset, Split::kTrain), testing::ElementsAre(1, 16, 1));
}

// Which of many equal classes give a picture is left to chance, and all of it takes no time.
TEST(SplitDataset, DealsTenThousandClassesOfTwoPictures) {
  Dataset dataset = make_dataset(std::vector<int>(10'000, 2));
  const std::vector<std::string> notes = notes_of(dataset, {.val_fraction = 0.2, .seed = 8});
  const std::vector<int> held_out = counts_of(dataset, Split::kVal);
  EXPECT_EQ(std::accumulate(held_out.begin(), held_out.end(), 0), 4000);
  EXPECT_NEAR(std::accumulate(held_out.begin(), held_out.begin() + 5000, 0), 2000, 200);
  EXPECT_THAT(notes, testing::ElementsAre(testing::AllOf(
                         HasSubstr("no picture for validation in 6,000 classes (class"),
                         HasSubstr(" and 5,994 more)"))));
}

TEST(SplitDataset, NamesClassesWithoutAPictureOnASide) {
  Dataset dataset = make_dataset({1, 20, 1});
  EXPECT_THAT(notes_of(dataset, {.val_fraction = 0.2}),
              testing::ElementsAre("no picture for validation in 2 classes (class0, class2)"));
  bool without_training = false;
  for (std::uint64_t seed = 0; seed < 50 && !without_training; ++seed) {
    dataset = make_dataset({1, 20, 1});
    for (const std::string& note : notes_of(dataset, {.stratify = false, .seed = seed})) {
      without_training = without_training || note == "no picture for training in 1 class (class0)";
    }
  }
  EXPECT_TRUE(without_training);
  dataset = make_dataset({20, 20});
  EXPECT_THAT(notes_of(dataset, {}), testing::IsEmpty());
}

// The pictures `i` of which `same(i)` is equal and not negative get the same content.
void make_copies(Dataset& dataset, const std::function<int(std::size_t)>& same) {
  for (std::size_t i = 0; i < dataset.samples.size(); ++i) {
    const int content = same(i) >= 0 ? same(i) : 1'000'000 + static_cast<int>(i);
    dataset.samples[i].content = cache::record_key({}, std::to_string(content));
  }
}

TEST(SplitDataset, KeepsCopiesOnOneSide) {
  for (const bool stratify : {false, true}) {
    std::set<Split> sides_of_copies;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      Dataset dataset = make_dataset({40, 31, 25});
      // Ten pairs and a file that is there four times, all within the first class; a file in
      // two classes.
      make_copies(dataset, [](std::size_t i) {
        if (i < 20) return static_cast<int>(i / 2);
        if (i >= 30 && i < 34) return 100;
        return i == 39 || i == 45 ? 200 : -1;
      });
      const std::vector<std::string> notes =
          notes_of(dataset, {.val_fraction = 0.25, .stratify = stratify, .seed = seed});
      std::map<cache::RecordKey, std::set<Split>> sides;
      for (const Sample& sample : dataset.samples) sides[sample.content].insert(sample.split);
      for (const auto& [content, side] : sides) EXPECT_EQ(side.size(), 1U);
      EXPECT_EQ(samples_of(dataset, Split::kVal).size(), 24U) << seed;
      sides_of_copies.insert(dataset.samples[0].split);
      EXPECT_THAT(notes, testing::ElementsAre(testing::StartsWith(
                             "12 pictures are there more than once (26 files of the same bytes): "
                             "copies stay on one side")));
      if (!stratify) continue;
      EXPECT_EQ(dataset.samples[39].split, Split::kTrain);
      EXPECT_THAT(notes[0], HasSubstr("; 1 of them, in more than one class, on the training side"));
      EXPECT_NEAR(counts_of(dataset, Split::kVal)[0], 10, 2);
    }
    EXPECT_EQ(sides_of_copies.size(), 2U);
  }
}

// Where one picture is most of a class, the others are not all held out from training.
TEST(SplitDataset, CountsDifferentPicturesWhereOneIsMostOfAClass) {
  Dataset dataset = make_dataset({60, 60});
  make_copies(dataset, [](std::size_t i) { return i < 50 ? 1 : -1; });
  split_dataset(dataset, {.val_fraction = 0.2});
  int others_for_training = 0;
  for (std::size_t i = 50; i < 60; ++i) {
    others_for_training += dataset.samples[i].split == Split::kTrain ? 1 : 0;
  }
  EXPECT_GE(others_for_training, 5);
  EXPECT_EQ(samples_of(dataset, Split::kVal).size(), 24U);  // the other class gives the rest
}

TEST(SplitDataset, SaysWhereAGivenSplitLeaks) {
  Dataset dataset = make_dataset({4, 4});
  for (std::size_t i = 0; i < 8; ++i) {
    dataset.samples[i].split = i % 2 == 0 ? Split::kTrain : Split::kVal;
  }
  make_copies(dataset, [](std::size_t i) { return i < 2 ? 1 : i == 4 || i == 6 ? 2 : -1; });
  EXPECT_THAT(notes_of(dataset, {}),
              testing::ElementsAre(HasSubstr("1 picture is on more than one side of the split")));
}

TEST(SplitDataset, RefusesCopiesOfOnePicture) {
  Dataset dataset = make_dataset({5, 5});
  make_copies(dataset, [](std::size_t) { return 1; });
  EXPECT_THAT(split_error(dataset, {}),
              HasSubstr("data: 10 pictures (1 different) cannot be split with a validation "
                        "fraction of 0.2: nothing would be left for validation"));
}

TEST(SplitDataset, StratifiedClassesDoNotDisturbEachOther) {
  Dataset two = make_dataset({30, 30});
  Dataset three = make_dataset({30, 30, 15});
  const SplitOptions options{.val_fraction = 0.2, .seed = 1};
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

TEST(SplitDataset, SaysWhereAFractionChangesNothing) {
  Dataset dataset = make_dataset({2, 2});
  for (Sample& sample : dataset.samples) sample.split = Split::kTrain;
  EXPECT_THAT(notes_of(dataset, {}), testing::IsEmpty());
  EXPECT_THAT(
      notes_of(dataset, {.val_fraction = 0.3}),
      testing::ElementsAre("data is split already: a validation fraction of 0.3 changes nothing"));
}

TEST(SplitDataset, LeavesTheTestSideApart) {
  Dataset dataset = make_dataset({10, 10});
  for (int i = 0; i < 5; ++i) dataset.samples[static_cast<std::size_t>(i)].split = Split::kTest;
  EXPECT_THAT(notes_of(dataset, {}), testing::ElementsAre(HasSubstr("there is a test side")));
  EXPECT_EQ(samples_of(dataset, Split::kTest).size(), 5U);
  EXPECT_EQ(samples_of(dataset, Split::kVal).size(), 3U);
}

TEST(SplitDataset, RefusesToHoldOutNothing) {
  EXPECT_THAT(split_error(make_dataset({1, 1}), {.val_fraction = 0.9}),
              HasSubstr("data: 2 pictures cannot be split with a validation fraction of 0.9: "
                        "nothing would be left for validation, as each class keeps one for "
                        "training; add pictures"));
  EXPECT_THAT(split_error(make_dataset({10, 10}), {.val_fraction = 0.01, .stratify = false}),
              HasSubstr("left for validation; add pictures or choose another fraction"));
}

TEST(SplitDataset, RefusesFractionsThatAreNone) {
  for (const double fraction : {0.0, 1.0, -0.5, 1.5, std::nan("")}) {
    EXPECT_THAT(split_error(make_dataset({9, 9}), {.val_fraction = fraction}),
                HasSubstr("must lie between 0 and 1"));
  }
}

TEST(SplitDataset, AnErrorChangesNothing) {
  Dataset dataset = make_dataset({1, 1});
  EXPECT_THROW(split_dataset(dataset, {}), Error);
  EXPECT_EQ(samples_of(dataset, Split::kUnassigned).size(), 2U);
}

}  // namespace
}  // namespace engraft::data
