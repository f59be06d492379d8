#include "data/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engraft::data {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Names = Findings::Names;

// Adds a picture with content number `content`.
void add(Dataset& dataset, const std::string& name, int label, Split split, int content,
         image::ImageFormat format = image::ImageFormat::kJpeg) {
  dataset.samples.push_back({dataset.root / name, name, label, split,
                             cache::record_key({}, std::to_string(content)), format});
}

TEST(Findings, CopiesOnTwoSidesAndInTwoClasses) {
  Dataset dataset;
  dataset.classes = {"a", "b"};
  add(dataset, "test/a/4.jpg", 0, Split::kTest, 1);
  add(dataset, "train/a/1.jpg", 0, Split::kTrain, 1);
  add(dataset, "train/a/2.jpg", 0, Split::kTrain, 2);
  add(dataset, "train/b/3.jpg", 1, Split::kTrain, 2);
  add(dataset, "val/b/5.jpg", 1, Split::kVal, 3);
  const Findings findings = examine(dataset);
  EXPECT_THAT(findings.duplicates, ElementsAre(Names{"test/a/4.jpg", "train/a/1.jpg"},
                                               Names{"train/a/2.jpg", "train/b/3.jpg"}));
  EXPECT_THAT(findings.leaks, ElementsAre(Names{"test/a/4.jpg", "train/a/1.jpg"}));
  EXPECT_THAT(findings.conflicts, ElementsAre(Names{"train/a/2.jpg", "train/b/3.jpg"}));
}

TEST(Findings, EndingsThatMislead) {
  Dataset dataset;
  dataset.classes = {"a"};
  add(dataset, "a/1.JPEG", 0, Split::kTrain, 1);
  add(dataset, "a/2.jpg", 0, Split::kTrain, 2, image::ImageFormat::kPng);
  const Findings findings = examine(dataset);
  ASSERT_EQ(findings.misnamed.size(), 1U);
  EXPECT_EQ(findings.misnamed[0].name, "a/2.jpg");
  EXPECT_EQ(findings.misnamed[0].reason, "is a PNG file by its content");
}

TEST(Findings, CountsTheClassesThatHavePictures) {
  Dataset dataset;
  EXPECT_FALSE(examine(dataset).imbalanced);
  dataset.classes = {"a", "b", "empty"};
  add(dataset, "b/0.jpg", 1, Split::kTrain, 0);
  for (int i = 1; i <= 9; ++i) add(dataset, "a/x.jpg", 0, Split::kTrain, i);
  EXPECT_FALSE(examine(dataset).imbalanced);
  add(dataset, "a/x.jpg", 0, Split::kTrain, 10);
  const Findings findings = examine(dataset);
  EXPECT_TRUE(findings.imbalanced);
  EXPECT_THAT(findings.images, ElementsAre(10, 1, 0));
  EXPECT_EQ(findings.fewest, 1U);
  EXPECT_EQ(findings.most, 10U);
}

}  // namespace
}  // namespace engraft::data
