// Tables as text, in the form that spreadsheets and pandas read (RFC 4180): cells with commas
// between, a row a line. A cell with a comma, a quote or a line break stands in quotes, its quotes
// doubled. Bytes are taken as they are, whatever their encoding.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace engraft::base {

// Appends `cells` and a line feed.
void append_csv_row(std::string& text, const std::vector<std::string>& cells);

struct CsvRow {
  std::size_t line = 0;  // where it begins, counted from 1
  std::vector<std::string> cells;
};

// Lines end with a line feed, or a carriage return before it; a byte order mark at the beginning
// and empty lines are passed over. Throws Error "WHERE: line 3: ..." for quotes within a cell, a
// quote that is never closed, and a row of more or fewer cells than the first.
std::vector<CsvRow> parse_csv(std::string_view text, const std::string& where);

}  // namespace engraft::base
