#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/expected.h"
#include "base/text.h"
#include "data/class_folders.h"
#include "data/dataset.h"
#include "data/folder_listing.h"
#include "data/side_names.h"
#include "engraft/error.h"

namespace engraft::data {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

std::size_t pictures_in(const FolderListing& listing) {
  return static_cast<std::size_t>(
      std::count_if(listing.files.begin(), listing.files.end(), is_picture_name));
}

// Throws for a root that is no folder, with what to do instead.
void require_folder(const base::Path& root) {
  std::error_code error;
  const fs::file_status status = fs::status(root, error);
  const std::string shown = root.string();
  if (root.empty() || status.type() == fs::file_type::not_found) {
    throw Error(fmt::format("{}: no such folder", shown.empty() ? "\"\"" : shown));
  }
  if (error) throw Error(fmt::format("{}: cannot be opened: {}", shown, error.message()));
  if (status.type() == fs::file_type::directory) return;
  const std::string extension = base::lower_extension(shown);
  constexpr std::array<std::string_view, 10> kArchives{".zip", ".tar", ".tgz", ".gz",  ".bz2",
                                                       ".xz",  ".zst", ".7z",  ".rar", ".txz"};
  constexpr std::array<std::string_view, 4> kLists{".csv", ".tsv", ".txt", ".json"};
  const auto is_among = [&](const auto& list) {
    return std::find(list.begin(), list.end(), extension) != list.end();
  };
  if (is_among(kArchives)) {
    throw Error(fmt::format("{}: archives are not read; unpack it and give the folder", shown));
  }
  if (is_among(kLists)) {
    throw Error(fmt::format(
        "{}: lists are not read; put each class's pictures in a folder named after the class, and "
        "give the folder that holds these",
        shown));
  }
  throw Error(fmt::format(
      "{}: is a file; give the folder that holds a folder of pictures for each class", shown));
}

// Where, below a folder that holds a single folder, several folders stand side by side: the data
// set's probable root, when an archive was unpacked into a folder of its own. Empty for none.
base::Path probable_root(base::Path folder, Names& classes) {
  constexpr int kDepth = 8;
  for (int depth = 0; depth < kDepth; ++depth) {
    const base::Expected<FolderListing> listing = list_folder(folder);
    if (!listing || listing->folders.empty()) return {};
    if (listing->folders.size() > 1) {
      classes = listing->folders;
      return folder;
    }
    folder /= listing->folders.front();
  }
  return {};
}

// Throws where `folder` holds no folders at all. `otherwise` ends the advice.
void require_folders(const base::Path& folder, const FolderListing& listing,
                     const std::string& otherwise) {
  if (!listing.folders.empty()) return;
  const std::string shown = folder.string();
  const std::size_t pictures = pictures_in(listing);
  if (pictures == 0) {
    throw Error(fmt::format(
        "{}: no class folders and no pictures; it must hold a folder of pictures for each "
        "class{}",
        shown, otherwise));
  }
  throw Error(fmt::format(
      "{}: no class folders: it holds {} picture{} directly; put each class's pictures in a "
      "folder named after the class{}",
      shown, pictures, pictures == 1 ? "" : "s", otherwise));
}

// Throws where a single class is too few, or is none: it holds folders, but no pictures.
void require_several_classes(const base::Path& where, const std::vector<ClassFolder>& folders,
                             Purpose purpose) {
  std::set<std::string> names;
  for (const ClassFolder& folder : folders) names.insert(folder.name);
  if (names.empty()) {
    throw Error(fmt::format(
        "{}: no class folders; it must hold a folder of pictures for each class", where.string()));
  }
  if (names.size() > 1) return;
  const ClassFolder& only = folders.front();
  const bool is_class = only.pictures_directly > 0 || only.subfolders.size() < 2;
  if (purpose == Purpose::kInspection && is_class) return;
  Names classes;
  const base::Path inner = probable_root(where / only.folder, classes);
  const std::string hint = inner.empty()
                               ? ""
                               : fmt::format("; if the data set is in {} ({}), give that folder",
                                             inner.string(), base::enumerated(classes));
  throw Error(fmt::format("{}: only one class folder ({}); a classifier needs at least two{}",
                          where.string(), only.name, hint));
}

// A folder with class folders in it: the root, or a side.
struct Part {
  base::Path relative;  // to the root
  FolderListing listing;
  Split split = Split::kUnassigned;
  std::vector<ClassFolder> classes;

  std::string shown() const { return base::escaped(relative.generic_string()); }
  std::set<std::string> class_names() const {
    std::set<std::string> names;
    for (const ClassFolder& one : classes) names.insert(one.name);
    return names;
  }
};

class Scanner {
 public:
  Scanner(const base::Path& root, const ScanOptions& options) : options_(options) {
    dataset_.root = root;
  }

  Dataset scan() {
    FolderListing top = list_folder_or_throw(dataset_.root);
    if (const auto sides = find_sides(top.folders, dataset_.root.string())) {
      pass_over_usual({}, top);
      scan_sides(*sides);
    } else {
      require_folders(dataset_.root, top, "");
      read_classes({{}, std::move(top), Split::kUnassigned, {}});
      require_several_classes(dataset_.root, parts_[0].classes, options_.purpose);
    }
    assemble();
    return std::move(dataset_);
  }

 private:
  void pass_over(const std::string& name, const std::string& reason, bool usual = false) {
    dataset_.passed_over.push_back({base::escaped(name), reason, usual});
  }

  void pass_over_usual(const base::Path& relative, const FolderListing& listing) {
    for (const Skipped& usual : listing.ignored_folders) {
      pass_over((relative / usual.name).generic_string(), usual.reason, true);
    }
  }

  // Archives often bring a side within a folder of the same name: seg_train/seg_train/CLASS.
  Part open_side(base::Path relative, Split split) {
    constexpr int kDepth = 3;
    FolderListing listing = list_folder_or_throw(dataset_.root / relative);
    for (int depth = 0; depth < kDepth && listing.folders.size() == 1; ++depth) {
      const std::string& inner = listing.folders.front();
      const auto outer_name = side_name(relative.filename().string());
      const auto inner_name = side_name(inner);
      if (pictures_in(listing) > 0 || !outer_name || !inner_name ||
          outer_name->side != inner_name->side) {
        break;
      }
      relative /= inner;
      listing = list_folder_or_throw(dataset_.root / relative);
    }
    return {relative, std::move(listing), split, {}};
  }

  void scan_sides(const SideFolders& sides) {
    const bool split = !sides.val.empty();  // else validation is held out of the training side
    const base::Path& root = dataset_.root;
    Part train = open_side(sides.train, split ? Split::kTrain : Split::kUnassigned);
    require_folders(root / train.relative, train.listing, "");
    const std::string train_path = (root / train.relative).string();
    read_classes(std::move(train));
    require_several_classes(train_path, parts_[0].classes, options_.purpose);
    if (split) {
      Part val = open_side(sides.val, Split::kVal);
      require_folders(root / val.relative, val.listing,
                      fmt::format("; or give {} to hold out a part of it", train_path));
      read_classes(std::move(val));
      require_same_classes(parts_[0], parts_[1]);
      require_same_classes(parts_[1], parts_[0]);
    }
    if (!sides.test.empty()) read_test(open_side(sides.test, Split::kTest));
    for (const std::string& other : sides.others) {
      pass_over(other, fmt::format("lies beside {}", parts_[0].shown()));
    }
  }

  // A test side often comes without labels.
  void read_test(Part test) {
    if (test.listing.folders.empty()) {
      pass_over(test.shown(), fmt::format("holds no class folders: its {} pictures have no label",
                                          pictures_in(test.listing)));
      return;
    }
    const std::set<std::string> known = parts_[0].class_names();
    read_classes(std::move(test));
    if (options_.purpose == Purpose::kInspection) return;
    std::erase_if(parts_.back().classes, [&](const ClassFolder& one) {
      if (known.contains(one.name)) return false;
      pass_over(one.shown, fmt::format("is no class of {}", parts_[0].shown()));
      return true;
    });
  }

  void read_classes(Part part) {
    pass_over_usual(part.relative, part.listing);
    for (const std::string& file : part.listing.files) {
      if (!is_picture_name(file)) continue;  // pictures beside the class folders have no label
      const base::Path name = part.relative / file;
      dataset_.skipped.push_back({base::escaped(name.generic_string()), "lies in no class folder"});
    }
    FolderReader reader(dataset_.root, part.relative, options_);
    for (const std::string& folder : part.listing.folders) {
      ClassFolder read = reader.read(folder, part.split);
      if (is_folder_of_runs(read)) {
        const bool itself = !read.passed_over.empty() && read.passed_over[0].name == read.shown;
        dataset_.passed_over.push_back(
            itself ? read.passed_over[0] : PassedOver{read.shown, "holds run folders of engraft"});
      } else {
        part.classes.push_back(std::move(read));
      }
    }
    require_plausible_classes(part.relative.empty() ? dataset_.root : dataset_.root / part.relative,
                              part.classes);
    parts_.push_back(std::move(part));
  }

  // For training, throws where `has` holds classes that `lacks` does not.
  void require_same_classes(const Part& has, const Part& lacks) {
    const std::set<std::string> has_classes = has.class_names();
    const std::set<std::string> lacks_classes = lacks.class_names();
    Names missing;
    std::set_difference(has_classes.begin(), has_classes.end(), lacks_classes.begin(),
                        lacks_classes.end(), std::back_inserter(missing));
    if (missing.empty()) return;
    if (options_.purpose == Purpose::kInspection) {
      for (const std::string& name : missing) {
        dataset_.gaps.push_back(
            {lacks.shown() + "/" + name, "missing, though " + has.shown() + " has it"});
      }
      return;
    }
    throw Error(fmt::format(
        "{}: {} has {} ({}) that {} lacks; both sides need the same class folders, so add the "
        "missing or remove the surplus",
        dataset_.root.string(), has.shown(), missing.size() == 1 ? "a class" : "classes",
        base::enumerated(missing), lacks.shown()));
  }

  // Classes in the order of their names, and all pictures with them.
  void assemble() {
    std::map<std::string, int> labels;
    for (const Part& part : parts_) {
      for (const ClassFolder& one : part.classes) labels[one.name] = 0;
    }
    for (auto& [name, label] : labels) {
      label = static_cast<int>(dataset_.classes.size());
      dataset_.classes.push_back(name);
    }
    for (Part& part : parts_) {
      for (ClassFolder& one : part.classes) {
        if (one.samples.empty()) note_gap(one);
        for (Sample& sample : one.samples) {
          sample.label = labels[one.name];
          dataset_.samples.push_back(std::move(sample));
        }
        std::move(one.skipped.begin(), one.skipped.end(), std::back_inserter(dataset_.skipped));
        std::move(one.passed_over.begin(), one.passed_over.end(),
                  std::back_inserter(dataset_.passed_over));
      }
    }
    const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
    std::sort(dataset_.samples.begin(), dataset_.samples.end(), by_name);
    std::sort(dataset_.skipped.begin(), dataset_.skipped.end(), by_name);
    std::sort(dataset_.gaps.begin(), dataset_.gaps.end(), by_name);
    std::sort(dataset_.passed_over.begin(), dataset_.passed_over.end(), by_name);
    if (options_.purpose == Purpose::kTraining) require_no_gaps();
  }

  void note_gap(const ClassFolder& folder) {
    if (folder.split == Split::kTest && options_.purpose == Purpose::kTraining) {
      pass_over(folder.shown, "holds no picture");
      return;
    }
    constexpr std::size_t kShown = 3;
    Names reasons;
    for (const Skipped& skipped : folder.skipped) {
      if (reasons.size() < kShown) reasons.push_back(skipped.name + ": " + skipped.reason);
    }
    dataset_.gaps.push_back(
        {folder.shown,
         fmt::format("no readable picture in this class folder{}",
                     reasons.empty() ? "" : fmt::format(" ({})", fmt::join(reasons, "; ")))});
  }

  void require_no_gaps() const {
    Names messages;
    for (const Skipped& gap : dataset_.gaps) {
      messages.push_back(fmt::format("{}: {}; add pictures to it or remove it",
                                     (dataset_.root / gap.name).string(), gap.reason));
    }
    if (!messages.empty()) throw Error(fmt::format("{}", fmt::join(messages, "\n")));
  }

  const ScanOptions& options_;
  Dataset dataset_;
  std::vector<Part> parts_;  // the training side first
};

}  // namespace

Dataset scan_dataset(const base::Path& root, const ScanOptions& options) {
  // Without a slash at the end.
  const base::Path folder = root.has_filename() ? root : root.parent_path();
  require_folder(folder);
  return Scanner(folder, options).scan();
}

}  // namespace engraft::data
