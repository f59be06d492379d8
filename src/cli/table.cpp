#include "cli/table.h"

#include <algorithm>
#include <numeric>

#include "base/text.h"

namespace engraft::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kGap = 2;        // spaces between columns
constexpr std::size_t kNarrowest = 6;  // to which a column is shortened

}  // namespace

std::vector<std::string> Table::lines() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = base::display_width(columns_[c].title);
    for (const auto& row : rows_) width = std::max(width, base::display_width(row[c]));
    widths.push_back(width);
  }
  const auto all = [&] {
    return std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
  };
  for (std::size_t surplus = all() > kWidth ? all() - kWidth : 0; surplus > 0; --surplus) {
    const auto widest = std::ranges::max_element(widths);
    if (*widest <= kNarrowest) break;
    --*widest;
  }
  const auto line_of = [&](const auto& text_of) {
    std::string line;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (c > 0) line.append(kGap, ' ');
      const std::string& text = text_of(c);
      line += columns_[c].align == Align::kLeft ? base::fitted(text, widths[c])
                                                : base::fitted_right(text, widths[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  };
  std::vector<std::string> lines{
      line_of([&](std::size_t c) -> const std::string& { return columns_[c].title; })};
  for (const auto& row : rows_) {
    lines.push_back(line_of([&](std::size_t c) -> const std::string& { return row[c]; }));
  }
  return lines;
}

}  // namespace engraft::cli
