// A table for a terminal: columns as wide as what stands in them, and together no wider than 80,
// for which long texts are shortened.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"

namespace engraft::cli {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One text for each column.
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  // Its lines, the titles first, without spaces at their ends.
  std::vector<std::string> lines() const;

  void print(Console& console) const {
    for (const std::string& line : lines()) console.line(line);
  }

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace engraft::cli
