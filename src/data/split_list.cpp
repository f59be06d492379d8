#include "data/split_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/csv.h"
#include "base/expected.h"
#include "base/hash.h"
#include "base/text.h"
#include "engraft/error.h"

namespace engraft::data {
namespace {

constexpr const char* kPath = "path";
constexpr const char* kLabel = "label";
constexpr const char* kSplit = "split";
constexpr const char* kGroup = "group";

// Where the columns are, by the list's first line.
class Columns {
 public:
  Columns(const std::vector<std::string>& names, const std::string& where) : names_(names) {
    for (const char* needed : {kPath, kLabel}) {
      if (!find(needed)) {
        throw Error(
            fmt::format("{}: line 1: no column \"{}\"; a list of pictures begins with the line "
                        "path,label,split,group (the last two may be left out)",
                        where, needed));
      }
    }
  }

  // "" where there is no such column.
  std::string cell(const base::CsvRow& row, std::string_view name) const {
    const std::optional<std::size_t> column = find(name);
    return column ? row.cells[*column] : "";
  }

 private:
  std::optional<std::size_t> find(std::string_view name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names_.begin());
  }

  const std::vector<std::string>& names_;
};

}  // namespace

std::string to_string(Split split) {
  switch (split) {
    case Split::kUnassigned:
      return "";
    case Split::kTrain:
      return "train";
    case Split::kVal:
      return "val";
    case Split::kTest:
      return "test";
  }
  return "";
}

std::optional<Split> split_of(std::string_view text) {
  for (const Split split : {Split::kUnassigned, Split::kTrain, Split::kVal, Split::kTest}) {
    if (text == to_string(split)) return split;
  }
  return std::nullopt;
}

std::string split_list_text(const Dataset& dataset) {
  std::string text;
  base::append_csv_row(text, {kPath, kLabel, kSplit, kGroup});
  for (const Sample& sample : dataset.samples) {
    const std::string& label = dataset.classes[static_cast<std::size_t>(sample.label)];
    base::append_csv_row(text, {sample.name, label, to_string(sample.split), ""});
  }
  return text;
}

std::vector<ListedPicture> parse_split_list(std::string_view text, const std::string& where) {
  const std::vector<base::CsvRow> rows = base::parse_csv(text, where);
  if (rows.empty()) throw Error(where + ": an empty list");
  const Columns columns(rows.front().cells, where);
  std::vector<ListedPicture> list;
  std::unordered_map<std::string, std::size_t> lines;
  for (const base::CsvRow& row : std::span(rows).subspan(1)) {
    const auto fail = [&](const std::string& what) {
      throw Error(fmt::format("{}: line {}: {}", where, row.line, what));
    };
    ListedPicture picture{
        columns.cell(row, kPath), columns.cell(row, kLabel), {}, columns.cell(row, kGroup)};
    const std::string side = columns.cell(row, kSplit);
    if (picture.path.empty()) fail("no path");
    const auto [line, is_new] = lines.try_emplace(picture.path, row.line);
    if (!is_new) fail(fmt::format("{} is in line {} already", picture.path, line->second));
    const std::optional<Split> split = split_of(side);
    if (!split) {
      fail(fmt::format("split \"{}\": must be train, val, test or empty", base::printable(side)));
    }
    picture.split = *split;
    list.push_back(std::move(picture));
  }
  return list;
}

std::vector<ListedPicture> read_split_list(const base::Path& file) {
  return parse_split_list(base::read_text(file), file.string());
}

AppliedList apply_split_list(Dataset& dataset, std::span<const ListedPicture> list) {
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < dataset.samples.size(); ++i) {
    places.emplace(dataset.samples[i].name, i);
  }
  AppliedList result;
  for (const ListedPicture& picture : list) {
    const auto found = places.find(picture.path);
    if (found == places.end()) {
      result.absent.push_back(picture.path);
      continue;
    }
    dataset.samples[found->second].split = picture.split;
    result.samples.push_back(found->second);
    places.erase(found);
  }
  std::sort(result.samples.begin(), result.samples.end());
  for (const Sample& sample : dataset.samples) {
    if (places.contains(sample.name)) result.unlisted.push_back(sample.name);
  }
  return result;
}

std::string contents_of(const Dataset& dataset, std::span<const std::size_t> samples) {
  std::map<std::string_view, const cache::RecordKey*> contents;
  for (const std::size_t i : samples) {
    contents.emplace(dataset.samples[i].name, &dataset.samples[i].content);
  }
  base::Sha256 hash;
  for (const auto& [name, content] : contents) {
    hash.update(std::as_bytes(std::span(name)));
    hash.update(*content);
  }
  return hash.hex();
}

}  // namespace engraft::data
