#include "training/method.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engraft::training {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ChooseMethod, FindsTheBestHeadWhereNothingAsksForSteps) {
  EXPECT_EQ(choose_method({}, true), Method::kBestHead);
  EXPECT_EQ(choose_method({}, false), Method::kSteps);
  EXPECT_EQ(choose_method({.names = {"model", "seed", "val-transforms"}}, true), Method::kBestHead);
  for (const char* option : {"optimizer", "epochs", "lr", "batch", "weight-decay", "momentum",
                             "eval-every", "stop-at", "train-transforms", "views"}) {
    EXPECT_EQ(choose_method({.names = {option}}, true), Method::kSteps) << option;
  }
}

TEST(ChooseMethod, DoesWhatIsAskedFor) {
  EXPECT_EQ(choose_method({.names = {"lr"}, .automatic = true}, true), Method::kBestHead);
  EXPECT_EQ(choose_method({.names = {"lr", "views"}, .automatic = true}, true), Method::kBestHead);
  EXPECT_EQ(choose_method({.names = {"optimizer"}, .lbfgs = true}, true), Method::kFit);
}

TEST(Contradictions, AreWhatAHeadFoundAtOnceCannotUse) {
  EXPECT_THAT(contradictions({.names = {"lr", "batch", "epochs", "views", "train-transforms"},
                              .automatic = true}),
              ElementsAre("epochs", "batch"));
  EXPECT_THAT(contradictions({.names = {"lr", "train-transforms"}, .automatic = true}), IsEmpty());
  EXPECT_THAT(contradictions({.names = {"lr", "epochs"}}), IsEmpty());
}

TEST(IsFit, IsWhatLearnsFromAllPicturesAtOnce) {
  EXPECT_FALSE(is_fit(Method::kSteps));
  EXPECT_TRUE(is_fit(Method::kFit));
  EXPECT_TRUE(is_fit(Method::kBestHead));
}

}  // namespace
}  // namespace engraft::training
