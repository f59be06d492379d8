#include "record/worst.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "record/testing/test_record.h"

namespace engraft::record {
namespace {

TEST(AllMistakes, OrdersByLossThenByName) {
  TestRecord test({"ants", "bees"});
  test.add_val(0, 1, 1.0F, "d.jpg");
  test.add_val(0, 0, 9.0F, "right.jpg");
  test.add_val(1, 0, 4.0F, "c.jpg");
  test.add_val(1, 0, 2.0F, "b.jpg");
  test.add_val(0, 1, 2.0F, "a.jpg");
  const std::vector<Mistake> mistakes = all_mistakes(test.data, test.result);
  ASSERT_EQ(mistakes.size(), 4U);
  std::vector<std::string> names;
  for (const Mistake& mistake : mistakes) names.push_back(mistake.path);
  EXPECT_THAT(names, testing::ElementsAre("c.jpg", "a.jpg", "b.jpg", "d.jpg"));
  EXPECT_EQ(mistakes[0].label, "bees");
  EXPECT_EQ(mistakes[0].predicted, "ants");
  EXPECT_NEAR(mistakes[0].probability, 1 / (1 + std::exp(-4.0)), 1e-12);
  EXPECT_NEAR(mistakes[0].label_probability, 1 - mistakes[0].probability, 1e-12);
}

TEST(AllMistakes, PutsWhatIsNotANumberFirst) {
  TestRecord test({"ants", "bees"});
  test.add_val(0, 1, 1.0F, "a.jpg");
  const float infinity = std::numeric_limits<float>::infinity();
  test.add_val(0, "b.jpg", {0, infinity});
  test.add_val(0, "c.jpg", {0, 1e30F});
  const std::vector<Mistake> mistakes = all_mistakes(test.data, test.result);
  ASSERT_EQ(mistakes.size(), 3U);
  EXPECT_EQ(mistakes[0].path, "b.jpg");
  EXPECT_EQ(mistakes[1].path, "c.jpg");
}

}  // namespace
}  // namespace engraft::record
