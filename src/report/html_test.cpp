#include "report/html.h"

#include <gtest/gtest.h>

namespace engraft::report {
namespace {

TEST(EscapeHtml, LeavesNoMarkup) {
  EXPECT_EQ(escape_html("<script>alert(\"a&'b'\")</script>"),
            "&lt;script&gt;alert(&quot;a&amp;&#39;b&#39;&quot;)&lt;/script&gt;");
}

TEST(EscapeHtml, KeepsUtf8) {
  const std::string text = "Ameise, Mücke, 蜂, 🐝";
  EXPECT_EQ(escape_html(text), text);
}

TEST(EscapeHtml, ReplacesWhatIsNotUtf8) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(escape_html("a\xFFz"), "a" + mark + "z");
  EXPECT_EQ(escape_html("caf\xE9"), "caf" + mark);                        // Latin-1, at the end
  EXPECT_EQ(escape_html("\xE2\x82"), mark + mark);                        // cut off
  EXPECT_EQ(escape_html("\xC0\xBC"), mark + mark);                        // an overlong <
  EXPECT_EQ(escape_html("\xE0\x80\xBC"), mark + mark + mark);             // the same in three
  EXPECT_EQ(escape_html("\xED\xA0\x80"), mark + mark + mark);             // a surrogate
  EXPECT_EQ(escape_html("\xF4\x90\x80\x80"), mark + mark + mark + mark);  // past U+10FFFF
  EXPECT_EQ(escape_html("\xC3<"), mark + "&lt;");  // a broken character hides no markup
}

TEST(EscapeHtml, ReplacesControlCharacters) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(escape_html(std::string_view("a\0b", 3)), "a" + mark + "b");
  EXPECT_EQ(escape_html("\x1B[31m\x7F\xC2\x9B"), mark + "[31m" + mark + mark);
  EXPECT_EQ(escape_html("a\tb\nc"), "a\tb\nc");
}

TEST(NameHtml, KeepsNamesFromTurningTheirSurroundings) {
  EXPECT_EQ(name_html("a<b"), "<bdi>a&lt;b</bdi>");
  EXPECT_EQ(name_html(""), "<bdi>(no name)</bdi>");
}

TEST(Counted, SaysOneAndMany) {
  EXPECT_EQ(counted(1, "picture"), "1 picture");
  EXPECT_EQ(counted(0, "picture"), "0 pictures");
  EXPECT_EQ(counted(1240, "class", "classes"), "1,240 classes");
}

TEST(FactsHtml, LeavesOutEmptyOnes) {
  const std::pair<std::string, std::string> facts[]{{"Seed", "7"}, {"Names", ""}};
  const std::string html = facts_html(facts);
  EXPECT_NE(html.find("<dt>Seed</dt><dd>7</dd>"), std::string::npos);
  EXPECT_EQ(html.find("Names"), std::string::npos);
}

TEST(FileListHtml, ListsFiftyAndCountsTheRest) {
  std::vector<data::Skipped> files;
  for (int i = 0; i < 50; ++i) files.push_back({"file" + std::to_string(i), "zero <bytes>"});
  EXPECT_EQ(file_list_html(files).find("more"), std::string::npos);
  files.insert(files.end(), 1234, {"last.jpg", "zero bytes"});
  const std::string html = file_list_html(files);
  EXPECT_NE(html.find("file49"), std::string::npos);
  EXPECT_NE(html.find("zero &lt;bytes&gt;"), std::string::npos);
  EXPECT_EQ(html.find("last.jpg"), std::string::npos);
  EXPECT_NE(html.find("and 1,234 more"), std::string::npos);
}

}  // namespace
}  // namespace engraft::report
