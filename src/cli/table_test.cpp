#include "cli/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace engraft::cli {
namespace {

using ::testing::ElementsAre;

TEST(Table, ColumnsAreAsWideAsWhatStandsInThem) {
  Table table({{"class", Align::kLeft}, {"images", Align::kRight}});
  table.add({"ants", "12"});
  table.add({"bären", "1,024"});
  EXPECT_THAT(table.lines(), ElementsAre("class  images",  //
                                         "ants       12",  //
                                         "bären   1,024"));
}

TEST(Table, FitsATerminal) {
  Table table({{"network", Align::kLeft}, {"weights", Align::kLeft}, {"cached", Align::kRight}});
  table.add({std::string(60, 'n'), std::string(50, 'w'), "yes"});
  for (const std::string& line : table.lines()) {
    EXPECT_LE(base::display_width(line), 80U) << line;
  }
  EXPECT_TRUE(table.lines()[1].ends_with("yes"));
}

}  // namespace
}  // namespace engraft::cli
