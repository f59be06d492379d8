#include "run/class_places.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engraft/error.h"

namespace engraft::run {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refusal(const std::string& name, std::vector<std::string> known) {
  data::Dataset data;
  data.root = "photos";
  data.classes = {name};
  data.samples = {{}};
  model::Model model;
  model.classes = std::move(known);
  try {
    places_in_model(data, std::vector<std::size_t>{0}, model);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(PlacesInModel, FollowTheNames) {
  data::Dataset data;
  data.classes = {"bees", "ants", "none here"};
  data.samples = {{.label = 1}, {.label = 0}};
  model::Model model;
  model.classes = {"ants", "bees", "wasps"};
  EXPECT_THAT(places_in_model(data, std::vector<std::size_t>{0, 1}, model), ElementsAre(1, 0, -1));
}

TEST(PlacesInModel, NameFewClassesAndTheNearestOfMany) {
  EXPECT_THAT(refusal("dogs", {"ants", "bees"}),
              AllOf(HasSubstr("photos: "), HasSubstr("\"dogs\""), HasSubstr("knows ants, bees"),
                    HasSubstr("engraft train photos")));
  std::vector<std::string> many;
  for (int k = 0; k < 1000; ++k) many.push_back(fmt::format("class {}", k));
  many.emplace_back("goldfinch");
  const std::string text = refusal("goldfinc", many);
  EXPECT_THAT(text, HasSubstr("knows 1,001 others, such as goldfinch"));
  EXPECT_LT(text.size(), 300U);
}

}  // namespace
}  // namespace engraft::run
