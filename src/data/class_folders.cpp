#include "data/class_folders.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/expected.h"
#include "base/text.h"
#include "data/side_names.h"
#include "engraft/error.h"

namespace engraft::data {
namespace {

using Names = std::vector<std::string>;

bool has_file(const FolderListing& listing, const char* name) {
  return std::binary_search(listing.files.begin(), listing.files.end(), name);
}

bool has_folder(const FolderListing& listing, const char* name) {
  return std::binary_search(listing.folders.begin(), listing.folders.end(), name);
}

// A run folder, from its first moment on, or what `engraft demo` writes: a run beside its drawings.
bool is_run_folder(const FolderListing& listing) {
  if (has_file(listing, "run.json")) {
    const bool begun = listing.files.size() == 1 && listing.folders.empty();
    if (begun || has_file(listing, "metrics.csv") || has_file(listing, "split.csv")) return true;
  }
  return has_file(listing, "grid.png") && has_folder(listing, "run") &&
         has_folder(listing, "pictures");
}

template <typename Predicate>
Names folders_that(const std::vector<ClassFolder>& classes, const Predicate& holds) {
  Names names;
  for (const ClassFolder& one : classes) {
    if (holds(one)) names.push_back(one.name);
  }
  return names;
}

// What all of them hold, in order.
Names common_subfolders(const std::vector<ClassFolder>& classes) {
  Names common = classes.front().subfolders;
  for (const ClassFolder& one : classes) {
    Names both;
    std::set_intersection(common.begin(), common.end(), one.subfolders.begin(),
                          one.subfolders.end(), std::back_inserter(both));
    common = std::move(both);
  }
  return common;
}

// "2024-05", "40X", "patient 7": what classes are divided into more often than names of classes.
bool has_digit(const std::string& name) {
  return name.find_first_of("0123456789") != std::string::npos;
}

bool are_sides_of_one_split(const Names& names) {
  const std::optional<SideName> first = side_name(names.front());
  return first && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
           const std::optional<SideName> side = side_name(name);
           return side && side->common == first->common;
         });
}

// ", such as /data/fold1": the first that holds several folders.
std::string such_as(const base::Path& where, const std::vector<ClassFolder>& classes) {
  for (const ClassFolder& one : classes) {
    if (one.subfolders.size() < 2) continue;
    return fmt::format(", such as {}", (where / one.folder).string());
  }
  return "";
}

[[noreturn]] void refuse(const base::Path& where, const Names& names, const std::string& what,
                         const std::string& advice) {
  throw Error(fmt::format("{}: {} {}; {}", where.string(), base::enumerated(names), what, advice));
}

}  // namespace

FolderReader::FolderReader(base::Path root, base::Path side, const ScanOptions& options)
    : root_(std::move(root)), side_(std::move(side)) {
  above_ = {identity_of(root_), identity_of(root_ / side_)};
  const Identity written_to = identity_of(options.not_data);
  if (written_to != Identity{}) not_data_ = written_to;
}

FolderReader::Identity FolderReader::identity_of(const base::Path& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return {};  // said where it is listed
  return {status.st_dev, status.st_ino};
}

ClassFolder FolderReader::read(const std::string& folder, Split split) {
  const base::Path relative = side_ / folder;
  if (!base::is_utf8(folder)) {
    throw Error(fmt::format("{}: the class folder \"{}\" has a name that is not UTF-8; rename it",
                            root_.string(), base::escaped(relative.string())));
  }
  ClassFolder result;
  result.folder = folder;
  result.shown = base::escaped(relative.generic_string());
  result.name = base::nfc(folder);
  result.split = split;
  // A link to a folder that holds the class would bring in the other classes' pictures.
  seen_ = above_;
  walk(result, relative, 0);
  return result;
}

bool FolderReader::is_no_data(ClassFolder& result, const base::Path& relative,
                              const FolderListing& listing) {
  const bool written_to = not_data_ && identity_of(root_ / relative) == *not_data_;
  if (!written_to && !is_run_folder(listing)) return false;
  result.holds_runs = true;
  result.passed_over.push_back({base::escaped(relative.generic_string()),
                                written_to ? "is written to" : "a run folder of engraft",
                                written_to});
  return true;
}

void FolderReader::walk(ClassFolder& result, const base::Path& relative, int depth) {
  const std::string shown = base::escaped(relative.generic_string());
  const Identity identity = identity_of(root_ / relative);
  if (identity != Identity{} && !seen_.insert(identity).second) {
    result.skipped.push_back({shown, "a link to a folder that is read already"});
    return;
  }
  const base::Expected<FolderListing> listing = list_folder(root_ / relative);
  if (!listing) {
    result.skipped.push_back({shown, "a folder that " + listing.reason()});
    return;
  }
  if (is_no_data(result, relative, *listing)) return;
  for (const std::string& file : listing->files) {
    std::string name = shown + "/" + base::escaped(file);
    if (is_picture_name(file)) {
      result.samples.push_back({root_ / relative / file, std::move(name), 0, result.split});
    } else {
      result.skipped.push_back({std::move(name), not_a_picture(base::escaped(file))});
    }
  }
  for (const Skipped& odd : listing->odd) {
    result.skipped.push_back({shown + "/" + base::escaped(odd.name), odd.reason});
  }
  for (const Skipped& usual : listing->ignored_folders) {
    result.passed_over.push_back({shown + "/" + base::escaped(usual.name), usual.reason, true});
  }
  if (depth == 0) {
    result.pictures_directly = result.samples.size();
    result.subfolders = listing->folders;
  }
  for (const std::string& folder : listing->folders) walk(result, relative / folder, depth + 1);
}

bool is_folder_of_runs(const ClassFolder& folder) {
  constexpr const char* kUsual = "runs";  // where runs go when nothing else is said
  return folder.samples.empty() && (folder.holds_runs || folder.folder == kUsual);
}

void require_plausible_classes(const base::Path& where, const std::vector<ClassFolder>& classes) {
  if (classes.size() < 2) return;
  const Names all = folders_that(classes, [](const ClassFolder&) { return true; });
  const std::string give =
      "give a folder that holds a folder of pictures for each class" + such_as(where, classes);

  if (std::all_of(all.begin(), all.end(), is_fold_name)) {
    refuse(where, all, "look like the folds of a cross-validation, not like classes", give);
  }
  if (are_sides_of_one_split(all)) {
    refuse(where, all, "look like sides of a split, not like classes",
           "give a folder that holds train and val (or test), or one of these" +
               such_as(where, classes));
  }
  const Names sides = folders_that(classes, [](const ClassFolder& one) {
    return side_name(one.folder).has_value() && one.pictures_directly == 0 &&
           one.subfolders.size() > 1;
  });
  if (!sides.empty()) {
    refuse(where, sides,
           sides.size() == 1 ? "looks like a side of a split, not like a class"
                             : "look like sides of a split, not like classes",
           give);
  }
  const bool pictures = std::any_of(all.begin(), all.end(), is_images_name);
  const bool annotations = std::any_of(all.begin(), all.end(), is_annotations_name);
  if (pictures && annotations) {
    refuse(where, all, "look like the parts of a data set for another purpose, not like classes",
           give);
  }
  const Names common = common_subfolders(classes);
  if (common.size() >= 2 && !std::all_of(common.begin(), common.end(), has_digit)) {
    refuse(where, all,
           fmt::format("all hold the same folders ({}), so that these seem to be the classes",
                       base::enumerated(common)),
           give + "; if they are classes all the same, move their pictures out of these folders");
  }
  const Names flat = folders_that(classes, [](const ClassFolder& one) {
    return one.pictures_directly > 0 && one.subfolders.empty();
  });
  const Names nested = folders_that(classes, [](const ClassFolder& one) {
    return one.pictures_directly == 0 && one.subfolders.size() > 1 && !one.samples.empty();
  });
  if (!flat.empty() && !nested.empty()) {
    refuse(where, nested,
           fmt::format("{} only folders, where others ({}) hold pictures",
                       nested.size() == 1 ? "holds" : "hold", base::enumerated(flat)),
           "put the pictures of each class directly in its folder, and leave nothing else beside "
           "the class folders; or " +
               give);
  }
}

}  // namespace engraft::data
