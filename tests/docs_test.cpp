// What the pages for contributors say about the tree is true: files that they name exist, every
// folder of src/ has its line, every decision is in the index, and links lead somewhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/testing/folders.h"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

fs::path root() { return engraft::base::source_folder(); }

std::string read(const fs::path& page) { return engraft::base::read_text(root() / page); }

std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end;
       ++match) {
    found.push_back((*match)[1]);
  }
  return found;
}

// `graph/layer.h` and its like: a path within the repository, src/ or include/ taken as said. NAME
// stands for what the reader chooses.
std::vector<std::string> missing_files(const std::string& text) {
  std::vector<std::string> missing;
  for (const std::string& path :
       matches(text, R"(`([A-Za-z0-9_./-]+/[A-Za-z0-9_.-]+\.(?:h|cpp|md|py|sh|txt|tsv|cmake))`)")) {
    const bool exists = fs::exists(root() / path) || fs::exists(root() / "src" / path) ||
                        fs::exists(root() / "include" / path);
    if (!exists && path.find("NAME") == std::string::npos) missing.push_back(path);
  }
  return missing;
}

// Links to files that do not exist; `page` says what they are relative to.
std::vector<std::string> dead_links(const fs::path& page, const std::string& text) {
  std::vector<std::string> dead;
  for (const std::string& link : matches(text, R"(\]\(([^)#:\s]+)(?:#[^)]*)?\))")) {
    if (!fs::exists(root() / page.parent_path() / link)) dead.push_back(link);
  }
  return dead;
}

std::vector<fs::path> pages() {
  std::vector<fs::path> found = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"};
  for (const auto& entry : fs::recursive_directory_iterator(root() / "docs")) {
    if (entry.path().extension() == ".md") found.push_back(fs::relative(entry.path(), root()));
  }
  return found;
}

TEST(Docs, NameFilesThatExist) {
  for (const char* page : {"docs/architecture.md", "docs/style.md", "CONTRIBUTING.md"}) {
    EXPECT_THAT(missing_files(read(page)), IsEmpty()) << page << " names files that do not exist";
  }
}

TEST(Docs, TellOfEveryFolder) {
  const std::string page = read("docs/architecture.md");
  for (const auto& entry : fs::directory_iterator(root() / "src")) {
    if (!entry.is_directory()) continue;
    const std::string folder = entry.path().filename();
    EXPECT_THAT(page, HasSubstr("`" + folder + "`")) << "docs/architecture.md lacks this floor";
  }
}

TEST(Docs, LinksLeadSomewhere) {
  for (const fs::path& page : pages()) {
    EXPECT_THAT(dead_links(page, read(page)), IsEmpty()) << page;
  }
}

TEST(Docs, EveryDecisionIsInTheIndex) {
  const std::string index = read("docs/decisions/README.md");
  for (const auto& entry : fs::directory_iterator(root() / "docs/decisions")) {
    const std::string name = entry.path().filename();
    if (name == "README.md") continue;
    EXPECT_THAT(index, HasSubstr("](" + name + ")"));
  }
}

TEST(Docs, SeeWhatIsWrong) {
  EXPECT_THAT(missing_files("`graph/layer.h`, `tests/docs_test.cpp`"), IsEmpty());
  EXPECT_EQ(missing_files("as in `graph/leyer.h`").size(), 1U);
  EXPECT_THAT(dead_links("docs/x.md", "[a](../README.md#try-it) [b](https://a.org/b)"), IsEmpty());
  EXPECT_EQ(dead_links("docs/x.md", "[a](../RAEDME.md)").size(), 1U);
}

}  // namespace
