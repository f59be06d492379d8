#include "data/side_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"

namespace engraft::data {
namespace {

using testing::ElementsAre;

TEST(SideNames, AreReadFromWhatPeopleWrite) {
  struct Case {
    const char* folder;
    Side side;
    const char* common;
  };
  for (const Case& one : std::vector<Case>{{"train", Side::kTrain, ""},
                                           {"Training", Side::kTrain, ""},
                                           {"training_set", Side::kTrain, ""},
                                           {"TrainImages", Side::kTrain, ""},
                                           {"trainset", Side::kTrain, ""},
                                           {"train2017", Side::kTrain, "2017"},
                                           {"seg_train", Side::kTrain, "seg"},
                                           {"VAL", Side::kVal, ""},
                                           {"valid", Side::kVal, ""},
                                           {"validation-images", Side::kVal, ""},
                                           {"dev", Side::kVal, ""},
                                           {"test_set", Side::kTest, ""},
                                           {"testing data", Side::kTest, ""},
                                           {"flowers.test", Side::kTest, "flowers"},
                                           {"seg_pred", Side::kUnlabelled, "seg"}}) {
    const std::optional<SideName> name = side_name(one.folder);
    ASSERT_TRUE(name) << one.folder;
    EXPECT_EQ(name->side, one.side) << one.folder;
    EXPECT_EQ(name->common, one.common) << one.folder;
  }
  for (const char* other : {"ants", "trainval", "train_val", "trainer", "contest", "tested",
                            "invalid", "strain", "2017", "b\xC3\xA4r", ""}) {
    EXPECT_FALSE(side_name(other)) << other;
  }
}

TEST(SideNames, BelongTogetherWhereOnlyTheSideDiffers) {
  const auto sides = find_sides({"annotations", "test", "train", "train_masks", "val"}, "data");
  ASSERT_TRUE(sides);
  EXPECT_EQ(sides->train, "train");
  EXPECT_EQ(sides->val, "val");
  EXPECT_EQ(sides->test, "test");
  EXPECT_THAT(sides->others, ElementsAre("annotations", "train_masks"));
  EXPECT_EQ(find_sides({"train", "train_images", "val"}, "data")->train, "train");
  EXPECT_EQ(find_sides({"testSet", "trainingSample", "trainingSet"}, "data")->train, "trainingSet");
  EXPECT_FALSE(find_sides({"train station", "test tube"}, "data"));
  EXPECT_FALSE(find_sides({"train", "bus"}, "data"));
  EXPECT_FALSE(find_sides({"val", "test"}, "data"));
  EXPECT_EQ(base::message_of<Error>([] {
              find_sides({"a_train", "a_test", "b_train", "b_val"}, "data");
            }),
            "data: holds more than one split (a_train and a_test; b_train and b_val); leave one of "
            "them in a folder of its own, and give that folder");
}

TEST(SideNames, FoldsAndAnnotations) {
  for (const char* fold : {"fold1", "Fold_2", "fold-03", "split1"}) EXPECT_TRUE(is_fold_name(fold));
  for (const char* other : {"fold", "folder1", "blindfold 2", "1", "fold1b"}) {
    EXPECT_FALSE(is_fold_name(other)) << other;
  }
  EXPECT_TRUE(is_images_name("JPEGImages"));
  EXPECT_TRUE(is_annotations_name("Ground_Truth"));
  EXPECT_FALSE(is_annotations_name("ants"));
}

}  // namespace
}  // namespace engraft::data
