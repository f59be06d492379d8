#include "cli/shell_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/testing/temporary_folder.h"

namespace engraft::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<VerbFacts> some_verbs() {
  std::string text;
  bool flag = false;
  CLI::App program("program", "engraft");
  CLI::App* train = program.add_subcommand("train", "trains: it's [quick]");
  train->add_option("DATA", text, "class folders")->required();
  train->add_option("--optimizer", text, "as PyTorch's")->type_name("adam|sgd");
  train->add_option("-o,--out", text, "where it goes")->type_name("DIR");
  train->add_flag("--exact", flag, "slower");
  program.add_subcommand("hidden", "not for people")->group("");
  return verbs_of(program);
}

TEST(Verbs, AreWhatTheProgramTakes) {
  const std::vector<VerbFacts> verbs = some_verbs();
  ASSERT_EQ(verbs.size(), 1U);
  EXPECT_EQ(verbs[0].name, "train");
  ASSERT_EQ(verbs[0].arguments.size(), 1U);
  EXPECT_THAT(verbs[0].arguments[0].names, ElementsAre("DATA"));
  ASSERT_EQ(verbs[0].options.size(), 4U);  // and --help
  EXPECT_THAT(verbs[0].options[1].choices, ElementsAre("adam", "sgd"));
  EXPECT_THAT(verbs[0].options[2].names, ElementsAre("--out", "-o"));
  EXPECT_EQ(verbs[0].options[2].value, "DIR");
  EXPECT_TRUE(verbs[0].options[3].value.empty());
}

// As bash itself takes it.
TEST(BashCompletion, CompletesVerbsOptionsAndValues) {
  const base::TestFolder folder;
  folder.write("completion", bash_completion(some_verbs()));
  const auto completed = [&](const std::string& words) {
    const std::string script = "source " + (folder.path() / "completion").string() +
                               "; COMP_WORDS=(" + words +
                               "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); "
                               "compopt() { :; }; _engraft; echo \"${COMPREPLY[*]}\" > " +
                               (folder.path() / "out").string();
    folder.write("script", script);
    EXPECT_EQ(std::system(("bash " + (folder.path() / "script").string()).c_str()), 0);
    return base::read_text(folder.path() / "out");
  };
  EXPECT_EQ(completed("engraft tr"), "train\n");
  EXPECT_EQ(completed("engraft train --op"), "--optimizer\n");
  EXPECT_EQ(completed("engraft train --optimizer s"), "sgd\n");
}

TEST(ZshCompletion, KeepsWordsTogether) {
  const std::string text = zsh_completion(some_verbs());
  EXPECT_THAT(text, HasSubstr(R"('train:trains\: it'\''s [quick]')"));
  EXPECT_THAT(text, HasSubstr("'--optimizer[as PyTorch'\\''s]:adam|sgd:(adam sgd)'"));
}

TEST(FishCompletion, HasALineForEachOption) {
  const std::string text = fish_completion(some_verbs());
  EXPECT_THAT(text, HasSubstr("-l optimizer -x -a 'adam sgd' -d 'as PyTorch\\'s'"));
  EXPECT_THAT(text, HasSubstr("-l out -s o -r"));
  EXPECT_THAT(text, Not(HasSubstr("hidden")));
}

TEST(ManualPage, SaysWhatHelpSays) {
  const std::string text = manual_page(some_verbs());
  EXPECT_THAT(text, HasSubstr(".SH train\n.B engraft train DATA\n"));
  EXPECT_THAT(text, HasSubstr("\\fB\\-\\-optimizer\\fR \\fIadam|sgd\\fR\nas PyTorch's\n"));
}

}  // namespace
}  // namespace engraft::cli
