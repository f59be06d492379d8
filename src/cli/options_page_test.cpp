// docs/options.md is made of the one list of options. After a change of the list, this test run
// with ENGRAFT_WRITE_DOCS=1 writes the page anew.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/testing/folders.h"
#include "training/settings.h"

namespace engraft::cli {
namespace {

constexpr std::pair<training::Verb, const char*> kVerbs[] = {
    {training::kTrain, "train"},     {training::kEval, "eval"},
    {training::kPredict, "predict"}, {training::kFeatures, "features"},
    {training::kCompare, "compare"}, {training::kCheck, "check"},
    {training::kGrid, "grid"},       {training::kDemo, "demo"}};

std::string verbs_of(const training::Setting& setting) {
  std::string text;
  for (const auto& [verb, name] : kVerbs) {
    if ((setting.verbs & verb) != 0) text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return text;
}

// "|" ends a cell.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? "\\|" : std::string(1, c);
  return escaped;
}

std::string page() {
  std::string text =
      "# Options\n\nEvery setting of a training, and what other verbs share with it. A recipe has "
      "them under\nthe same names; run.json and the saved model keep each of them, with `_` for "
      "`-`. What a verb\ntakes beside these, `engraft VERB --help` says.\n\n"
      "| option | default | taken by | meaning |\n| --- | --- | --- | --- |\n";
  const training::Settings defaults;
  training::visit_settings(defaults, [&](const training::Setting& setting, const auto&) {
    const std::string value = setting.value.empty() ? "" : " " + cell(setting.value);
    const std::string usual = training::setting_text(defaults, setting.name);
    const bool unsaid =
        usual.empty() || usual == "false" || (usual == "0" && setting.name != "seed");
    text += fmt::format("| `--{}{}` | {} | {} | {} |\n", setting.name, value,
                        unsaid ? "" : "`" + usual + "`", verbs_of(setting), cell(setting.sentence));
  });
  return text;
}

TEST(OptionsPage, IsTheListOfOptions) {
  const base::Path file = base::source_folder() / "docs" / "options.md";
  if (std::getenv("ENGRAFT_WRITE_DOCS") != nullptr) base::write_atomically(file, page());
  EXPECT_EQ(base::read_text(file), page());
}

}  // namespace
}  // namespace engraft::cli
