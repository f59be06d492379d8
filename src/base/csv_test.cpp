#include "base/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/testing/temporary_folder.h"
#include "engraft/error.h"

namespace engraft::base {
namespace {

using Table = std::vector<std::vector<std::string>>;

Table cells_of(std::string_view text) {
  Table table;
  for (const CsvRow& row : parse_csv(text, "x.csv")) table.push_back(row.cells);
  return table;
}

std::string error_of(std::string_view text) {
  return message_of<Error>([&] { parse_csv(text, "x.csv"); });
}

TEST(Csv, QuotesOnlyWhatNeedsIt) {
  std::string text;
  append_csv_row(text, {"a b", "c,d", "say \"x\"", "two\nlines", "", " e"});
  append_csv_row(text, {""});
  EXPECT_EQ(text, "a b,\"c,d\",\"say \"\"x\"\"\",\"two\nlines\",, e\n\"\"\n");
}

TEST(Csv, ReadsWhatSpreadsheetsWrite) {
  EXPECT_EQ(cells_of(""), Table{});
  EXPECT_EQ(cells_of("a,b"), (Table{{"a", "b"}}));
  EXPECT_EQ(cells_of("\xEF\xBB\xBFpath,label\r\n\"a,\"\"1\"\".jpg\",x\r\n\r\n,\r\n"),
            (Table{{"path", "label"}, {"a,\"1\".jpg", "x"}, {"", ""}}));
  EXPECT_EQ(cells_of("\"\",\"x\r\ny\"\n"), (Table{{"", "x\r\ny"}}));
}

TEST(Csv, KnowsItsLines) {
  const std::vector<CsvRow> rows = parse_csv("a\n\n\"two\nlines\"\nb\n", "x.csv");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].line, 3U);
  EXPECT_EQ(rows[2].line, 5U);
}

TEST(Csv, RefusesWhatIsNoTable) {
  EXPECT_EQ(error_of("a,b\n1,2\n1,2,3\n"), "x.csv: line 3: 3 cells, where the first line has 2");
  EXPECT_EQ(error_of("a\n\"b\nc\nd"), "x.csv: line 2: a quote that is never closed");
  EXPECT_THAT(error_of("a\nb\"c\"\n"), testing::StartsWith("x.csv: line 2: a quote within a cell"));
  EXPECT_EQ(error_of("\"a\nb\"c\n"), "x.csv: line 2: text after a closing quote");
  EXPECT_EQ(error_of("a\rb\r"), "x.csv: line 1: a carriage return that ends no line");
  EXPECT_EQ(error_of("\"a\"\rb"), "x.csv: line 1: a carriage return that ends no line");
}

TEST(Csv, ReadsWhatItWrote) {
  Random random({2});
  constexpr std::string_view kBytes = "ab,\"\n\r \xC3\xA4;";
  for (int round = 0; round < 200; ++round) {
    const std::size_t columns = 1 + random.below(4);
    Table table(random.below(6), std::vector<std::string>(columns));
    std::string text;
    for (std::vector<std::string>& row : table) {
      for (std::string& cell : row) {
        for (std::uint64_t n = random.below(5); n > 0; --n) {
          cell += kBytes[random.below(kBytes.size())];
        }
      }
      append_csv_row(text, row);
    }
    EXPECT_EQ(cells_of(text), table) << text;
  }
}

// Never more than an Error, whatever the bytes.
TEST(Csv, SurvivesAnyText) {
  Random random({3});
  constexpr std::string_view kBytes = "a,\"\n\r\xEF\xBB\xBF";
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (std::uint64_t n = random.below(12); n > 0; --n) {
      text += kBytes[random.below(kBytes.size())];
    }
    error_of(text);
  }
}

}  // namespace
}  // namespace engraft::base
