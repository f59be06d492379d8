// Comma-separated values as RFC 4180 has them, with "\n" at the end of a row.
#pragma once

#include <string>
#include <vector>

namespace engraft::base {

// Fields with commas, quotes or line breaks are put in quotes.
void append_csv_row(std::string& text, const std::vector<std::string>& fields);

}  // namespace engraft::base
