#include "model/classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"

namespace engraft::model {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string problem_of(const std::string& text) {
  return base::message_of<Error>([&] { read_class_names(text); });
}

TEST(ReadClassNames, TakesNamesOrAFile) {
  EXPECT_THAT(read_class_names("ants,bees"), ElementsAre("ants", "bees"));
  EXPECT_THAT(read_class_names(" small ants , Käfer"), ElementsAre("small ants", "Käfer"));
  const base::TestFolder folder;
  const auto from = [&](const char* content) {
    folder.write("names", content);
    return read_class_names((folder.path() / "names").string());
  };
  EXPECT_THAT(from("ants\nbees, wild\r\n\n"), ElementsAre("ants", "bees, wild"));
  EXPECT_THAT(from("[\"ants\", \"bees\"]"), ElementsAre("ants", "bees"));
  EXPECT_THAT(from("{\"bees\": 1, \"ants\": 0}"), ElementsAre("ants", "bees"));
  EXPECT_THAT(from("only"), ElementsAre("only"));
}

TEST(ReadClassNames, SaysWhatIsWrong) {
  EXPECT_THAT(problem_of("ants"), AllOf(HasSubstr("ants: "), HasSubstr("neither a file nor")));
  EXPECT_THAT(problem_of("ants,"), HasSubstr("class 1 of 2 has no name"));
  EXPECT_THAT(problem_of("ants,bees,ants"), HasSubstr("two classes are called \"ants\""));
  EXPECT_THAT(problem_of("ants,\xff"), HasSubstr("not UTF-8"));
  const base::TestFolder folder;
  const std::string file = (folder.path() / "names").string();
  for (const char* content :
       {"", "[1, 2]", "[\"a\",", "{\"a\": 0, \"b\": 0}", "{\"a\": 1}", "{\"a\": -1}",
        "{\"a\": \"x\"}", "{\"a\": 8e33}", "{\"a\": 0.5}", "a\n\nb"}) {
    folder.write("names", content);
    EXPECT_THAT(problem_of(file), HasSubstr(file + ": ")) << content;
  }
}

TEST(NameClasses, NeedsAsManyNamesAsClasses) {
  Model model;
  model.classes = {"0", "1"};
  name_classes(model, {"ants", "bees"});
  EXPECT_THAT(model.classes, ElementsAre("ants", "bees"));
  EXPECT_THAT(base::message_of<Error>([&] {
                name_classes(model, {"a", "b", "c"});
              }),
              HasSubstr("3 class names for a network of 2"));
}

}  // namespace
}  // namespace engraft::model
