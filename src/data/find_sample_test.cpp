#include "data/find_sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"

namespace engraft::data {
namespace {

using testing::HasSubstr;
using testing::Not;

Dataset insects() {
  Dataset data;
  data.root = "photos/insects";
  data.classes = {"ants", "bees"};
  for (const char* name : {"ants/1.jpg", "ants/10.jpg", "bees/1.jpg", "bees/queen.png"}) {
    data.samples.push_back({data.root / name, name, name[0] == 'a' ? 0 : 1});
  }
  return data;
}

TEST(FindSample, TakesANameAPathOrTheEndOfOne) {
  const Dataset data = insects();
  EXPECT_EQ(find_sample(data, "ants/10.jpg"), 1U);
  EXPECT_EQ(find_sample(data, "photos/insects/bees/1.jpg"), 2U);
  EXPECT_EQ(find_sample(data, "./photos//insects/bees/../bees/1.jpg"), 2U);
  EXPECT_EQ(find_sample(data, "queen.png"), 3U);
  EXPECT_EQ(find_sample(data, "10.jpg"), 1U);
}

TEST(FindSample, SaysWhatMayBeMeant) {
  const Dataset data = insects();
  const auto problem = [&](const char* name) {
    return base::message_of<Error>([&] { find_sample(data, name); });
  };
  EXPECT_THAT(problem("bees/quen.png"), HasSubstr("did you mean bees/queen.png"));
  EXPECT_THAT(problem("qeen.png"), HasSubstr("did you mean bees/queen.png"));
  EXPECT_THAT(problem("1.jpgg"), HasSubstr("did you mean ants/1.jpg, bees/1.jpg"));
  EXPECT_THAT(problem("1.jpg"), HasSubstr("2 pictures of photos/insects have this name: say which, "
                                          "as in ants/1.jpg or bees/1.jpg"));
  EXPECT_THAT(problem("0.jpg"), HasSubstr("no picture of photos/insects"));
  EXPECT_THAT(problem(""), Not(HasSubstr("did you mean")));
}

}  // namespace
}  // namespace engraft::data
