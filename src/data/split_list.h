// A split as a list in a file: `path,label,split,group`, a picture a line, paths relative to the
// data set's folder. The one form in which runs keep their split, and lists of pictures are given.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "data/dataset.h"

namespace engraft::data {

// "train", "val", "test"; "" for kUnassigned.
std::string to_string(Split split);

// The other way around; nothing for other words.
std::optional<Split> split_of(std::string_view text);

struct ListedPicture {
  std::string path;  // Sample::name: relative to the data set's root, '/' between parts
  std::string label;
  Split split = Split::kUnassigned;
  std::string group;  // pictures of one group belong on one side; "" for none
};

// A line for each of the data set's samples, in their order, behind a line with the columns' names.
std::string split_list_text(const Dataset& dataset);

// Reads such a list. The first line names the columns: path and label there must be, split and
// group may be, others are passed over. Throws Error "WHERE: line 7: ..." for a list that is no
// table, an empty or repeated path, and a side of another name.
std::vector<ListedPicture> parse_split_list(std::string_view text, const std::string& where);
std::vector<ListedPicture> read_split_list(const base::Path& file);

// What applying a list found.
struct AppliedList {
  std::vector<std::size_t> samples;   // that it names, ascending
  std::vector<std::string> absent;    // in the list, but not in the data set
  std::vector<std::string> unlisted;  // the other way around; their side stays as it was
};

// Gives each sample the side that the list names for it. Labels are not compared: a class folder
// may have got another name since.
AppliedList apply_split_list(Dataset& dataset, std::span<const ListedPicture> list);

// Names and contents of `samples` in 64 hexadecimal digits, whatever their order: tells, after
// check_images(), whether pictures of the same names are the same pictures.
std::string contents_of(const Dataset& dataset, std::span<const std::size_t> samples);

}  // namespace engraft::data
