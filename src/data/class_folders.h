// Class folders as they lie on the disk: the pictures of each, and what tells whether it is one.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "data/dataset.h"
#include "data/folder_listing.h"

namespace engraft::data {

struct ClassFolder {
  std::string folder;  // as the file system has it, within its side
  std::string shown;   // relative to the root: "train/ants"
  std::string name;    // the class: the folder's name in NFC
  Split split = Split::kUnassigned;
  std::vector<Sample> samples;  // without labels
  std::vector<Skipped> skipped;
  std::vector<PassedOver> passed_over;
  std::vector<std::string> subfolders;  // directly within
  std::size_t pictures_directly = 0;    // of `samples`, those that lie directly within
  bool holds_runs = false;              // it is a run folder, or some within were passed over
};

class FolderReader {
 public:
  // Reads class folders of `side` ("" for the root).
  FolderReader(base::Path root, base::Path side, const ScanOptions& options);

  // A class folder with all that lies in it, however deep; links are followed, each folder is read
  // once. Throws Error where the class's name is not UTF-8.
  ClassFolder read(const std::string& folder, Split split);

 private:
  using Identity = std::pair<std::uint64_t, std::uint64_t>;  // device and inode

  // {0, 0} where there is none.
  static Identity identity_of(const base::Path& folder);
  void walk(ClassFolder& result, const base::Path& relative, int depth);
  bool is_no_data(ClassFolder& result, const base::Path& relative, const FolderListing& listing);

  base::Path root_;
  base::Path side_;
  std::set<Identity> above_;  // the root and the side
  std::optional<Identity> not_data_;
  std::set<Identity> seen_;
};

// Whether it is a folder in which training kept its runs, and holds no pictures of its own.
bool is_folder_of_runs(const ClassFolder& folder);

// Throws Error where what stands side by side does not look like classes: sides or folds of a
// split, pictures beside their annotations, folders that all hold the same folders, or a mixture.
// The message says what was found and what to give. `where` is the folder that holds them.
void require_plausible_classes(const base::Path& where, const std::vector<ClassFolder>& classes);

}  // namespace engraft::data
