#include "base/nearest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engraft::base {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(EditDistance, CountsInsertedRemovedReplacedAndSwappedLetters) {
  EXPECT_EQ(edit_distance("resnet18", "resnet18"), 0U);
  EXPECT_EQ(edit_distance("resnet1", "resnet18"), 1U);
  EXPECT_EQ(edit_distance("resnet118", "resnet18"), 1U);
  EXPECT_EQ(edit_distance("resnet13", "resnet18"), 1U);
  EXPECT_EQ(edit_distance("rensets18", "resnet18"), 2U);
  EXPECT_EQ(edit_distance("ResNet18", "resnet18"), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Nearest, ListsTheNearestFirst) {
  const std::vector<std::string> names = {"vgg16", "resnet50", "resnet18", "resnet152"};
  EXPECT_THAT(nearest("resnet1", names, 2), ElementsAre("resnet18", "resnet50"));
}

TEST(Nearest, ListsNothingWhereNothingIsNear) {
  const std::vector<std::string> names = {"vgg16", "resnet50"};
  EXPECT_THAT(nearest("photos/cats.jpg", names), IsEmpty());
}

TEST(Nearest, ANameOfAnyLengthIsAnsweredAtOnce) {
  const std::vector<std::string> names(1000, std::string(30, 'a'));
  EXPECT_TRUE(nearest(std::string(50'000'000, 'a'), names, 1).empty());
}

}  // namespace
}  // namespace engraft::base
