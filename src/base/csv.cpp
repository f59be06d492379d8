#include "base/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engraft/error.h"

namespace engraft::base {
namespace {

bool needs_quotes(std::string_view cell) {
  return cell.find_first_of(",\"\r\n") != std::string_view::npos;
}

// Reads one table from its first byte to its last.
class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& where) : text_(text), where_(where) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  }

  std::vector<CsvRow> read() {
    std::vector<CsvRow> rows;
    while (!at_end()) {
      if (skip_line_end()) continue;
      CsvRow row{line_, {read_cell()}};
      while (!at_end() && peek() == ',') {
        ++place_;
        row.cells.push_back(read_cell());
      }
      if (!at_end() && !skip_line_end()) fail("a carriage return that ends no line");
      if (!rows.empty() && row.cells.size() != rows.front().cells.size()) {
        line_ = row.line;
        fail(fmt::format("{} cells, where the first line has {}", row.cells.size(),
                         rows.front().cells.size()));
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  bool at_end() const { return place_ == text_.size(); }
  char peek() const { return text_[place_]; }

  bool skip_line_end() {
    const std::string_view rest = text_.substr(place_);
    if (!rest.starts_with("\n") && !rest.starts_with("\r\n")) return false;
    place_ += rest.front() == '\r' ? 2 : 1;
    ++line_;
    return true;
  }

  std::string read_cell() {
    if (!at_end() && peek() == '"') return read_quoted();
    const std::size_t end = std::min(text_.find_first_of(",\"\r\n", place_), text_.size());
    std::string cell(text_.substr(place_, end - place_));
    place_ = end;
    if (!at_end() && peek() == '"') {
      fail("a quote within a cell; a cell with quotes must stand in quotes, its own doubled");
    }
    return cell;
  }

  std::string read_quoted() {
    const std::size_t first_line = line_;
    std::string cell;
    for (++place_;; ++place_) {
      const std::size_t end = text_.find('"', place_);
      if (end == std::string_view::npos) {
        line_ = first_line;
        fail("a quote that is never closed");
      }
      const std::string_view part = text_.substr(place_, end - place_);
      line_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
      cell += part;
      place_ = end + 1;
      if (at_end() || peek() != '"') break;
      cell += '"';
    }
    if (!at_end() && peek() != ',' && peek() != '\n' && peek() != '\r') {
      fail("text after a closing quote");
    }
    return cell;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(fmt::format("{}: line {}: {}", where_, line_, what));
  }

  std::string_view text_;
  const std::string& where_;
  std::size_t place_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

void append_csv_row(std::string& text, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) text += ',';
    // A row of one empty cell would be an empty line, which is none.
    if (!needs_quotes(cells[i]) && !(cells.size() == 1 && cells[i].empty())) {
      text += cells[i];
      continue;
    }
    text += '"';
    for (const char c : cells[i]) {
      if (c == '"') text += '"';
      text += c;
    }
    text += '"';
  }
  text += '\n';
}

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& where) {
  return CsvReader(text, where).read();
}

}  // namespace engraft::base
