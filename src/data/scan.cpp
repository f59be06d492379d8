#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/expected.h"
#include "base/text.h"
#include "data/dataset.h"
#include "data/folder_listing.h"
#include "engraft/error.h"

namespace engraft::data {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr std::array<std::string_view, 2> kTrainNames{"train", "training"};
constexpr std::array<std::string_view, 5> kValNames{"val", "valid", "validation", "test",
                                                    "testing"};

Names pictures_in(const FolderListing& listing) {
  Names pictures;
  std::copy_if(listing.files.begin(), listing.files.end(), std::back_inserter(pictures),
               is_picture_name);
  return pictures;
}

// The folder of `listing` that bears the first possible of `names`, in any case; "" for none.
template <std::size_t n>
std::string find_named(const FolderListing& listing, const std::array<std::string_view, n>& names) {
  for (const std::string_view name : names) {
    for (const std::string& folder : listing.folders) {
      if (lower_ascii(folder) == name) return folder;
    }
  }
  return "";
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
  const std::string extension = lower_extension(shown);
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

// Throws where `folder` does not hold at least two class folders. `otherwise` ends the advice.
void require_class_folders(const base::Path& folder, const FolderListing& listing,
                           const std::string& otherwise) {
  const std::string shown = folder.string();
  if (listing.folders.empty()) {
    const std::size_t pictures = pictures_in(listing).size();
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
  if (listing.folders.size() > 1) return;
  Names classes;
  const base::Path inner = probable_root(folder / listing.folders.front(), classes);
  const std::string hint = inner.empty()
                               ? ""
                               : fmt::format("; if the data set is in {} ({}), give that folder",
                                             inner.string(), base::enumerated(classes));
  throw Error(fmt::format("{}: only one class folder ({}); a classifier needs at least two{}{}",
                          shown, listing.folders.front(), hint, otherwise));
}

// Gathers the pictures of one class folder after the other.
class Collector {
 public:
  explicit Collector(Dataset& dataset) : dataset_(dataset) {}

  // `side` is "" or "train"; it and the class make the folder's name.
  void read_class(const std::string& side, const std::string& name, int label, Split split) {
    const std::string relative = side.empty() ? name : side + "/" + name;
    const std::size_t samples = dataset_.samples.size();
    const std::size_t skipped = dataset_.skipped.size();
    // A link to a folder that holds the class would bring in the other classes' pictures.
    seen_ = {identity(""), identity(side)};
    label_ = label;
    split_ = split;
    walk(relative);
    if (dataset_.samples.size() == samples) note_empty(relative, skipped);
  }

  // Pictures beside the class folders have no label.
  void read_strays(const std::string& side, const FolderListing& listing) {
    for (const std::string& file : pictures_in(listing)) {
      dataset_.skipped.push_back(
          {side.empty() ? file : side + "/" + file, "lies in no class folder"});
    }
  }

  void finish() {
    if (!empty_.empty()) throw Error(fmt::format("{}", fmt::join(empty_, "\n")));
    std::sort(dataset_.samples.begin(), dataset_.samples.end(),
              [](const Sample& a, const Sample& b) { return a.name < b.name; });
    std::sort(dataset_.skipped.begin(), dataset_.skipped.end(),
              [](const Skipped& a, const Skipped& b) { return a.name < b.name; });
  }

 private:
  // The same for one folder by whatever links it is reached.
  std::string identity(const std::string& relative) const {
    const base::Path path = relative.empty() ? dataset_.root : dataset_.root / relative;
    std::error_code error;
    const base::Path canonical = fs::canonical(path, error);
    return error ? path.string() : canonical.string();
  }

  void walk(const std::string& relative) {
    if (!seen_.insert(identity(relative)).second) {
      dataset_.skipped.push_back({relative, "a link to a folder that is read already"});
      return;
    }
    const base::Expected<FolderListing> listing = list_folder(dataset_.root / relative);
    if (!listing) {
      dataset_.skipped.push_back({relative, "a folder that " + listing.reason()});
      return;
    }
    for (const std::string& file : listing->files) {
      std::string name = relative + "/" + file;
      if (is_picture_name(file)) {
        base::Path path = dataset_.root / name;
        dataset_.samples.push_back({std::move(path), std::move(name), label_, split_});
      } else {
        dataset_.skipped.push_back({std::move(name), not_a_picture(file)});
      }
    }
    for (const Skipped& odd : listing->odd) {
      dataset_.skipped.push_back({relative + "/" + odd.name, odd.reason});
    }
    for (const std::string& folder : listing->folders) walk(relative + "/" + folder);
  }

  void note_empty(const std::string& relative, std::size_t first_skipped) {
    constexpr std::size_t kShown = 3;
    Names reasons;
    for (std::size_t i = first_skipped; i < dataset_.skipped.size(); ++i) {
      const Skipped& skipped = dataset_.skipped[i];
      if (reasons.size() < kShown) reasons.push_back(skipped.name + ": " + skipped.reason);
    }
    empty_.push_back(fmt::format(
        "{}: no readable picture in this class folder{}; add pictures to it or remove it",
        (dataset_.root / relative).string(),
        reasons.empty() ? "" : fmt::format(" ({})", fmt::join(reasons, "; "))));
  }

  Dataset& dataset_;
  std::set<std::string> seen_;
  int label_ = 0;
  Split split_ = Split::kUnassigned;
  Names empty_;  // a message for each class folder without a picture
};

// Throws where `has` holds classes that `lacks` does not.
void require_same_classes(const base::Path& root, const std::string& has, const Names& has_classes,
                          const std::string& lacks, const Names& lacks_classes) {
  Names missing;
  std::set_difference(has_classes.begin(), has_classes.end(), lacks_classes.begin(),
                      lacks_classes.end(), std::back_inserter(missing));
  if (missing.empty()) return;
  throw Error(fmt::format(
      "{}: {} has {} ({}) that {} lacks; both sides need the same class folders, so add the "
      "missing or remove the surplus",
      root.string(), has, missing.size() == 1 ? "a class" : "classes", base::enumerated(missing),
      lacks));
}

void scan_sides(Dataset& dataset, const std::string& train_name, const std::string& val_name) {
  const base::Path& root = dataset.root;
  const FolderListing train = list_folder_or_throw(root / train_name);
  const FolderListing val = list_folder_or_throw(root / val_name);
  require_class_folders(root / train_name, train, "");
  require_class_folders(
      root / val_name, val,
      fmt::format("; or give {} to hold out a part of it", (root / train_name).string()));
  require_same_classes(root, train_name, train.folders, val_name, val.folders);
  require_same_classes(root, val_name, val.folders, train_name, train.folders);
  dataset.classes = train.folders;
  Collector collector(dataset);
  for (std::size_t i = 0; i < dataset.classes.size(); ++i) {
    const int label = static_cast<int>(i);
    collector.read_class(train_name, dataset.classes[i], label, Split::kTrain);
    collector.read_class(val_name, dataset.classes[i], label, Split::kVal);
  }
  collector.read_strays(train_name, train);
  collector.read_strays(val_name, val);
  collector.finish();
}

}  // namespace

Dataset scan_dataset(const base::Path& root) {
  Dataset dataset;
  dataset.root = root.has_filename() ? root : root.parent_path();  // without a slash at the end
  require_folder(dataset.root);
  const FolderListing top = list_folder_or_throw(dataset.root);
  const std::string train_name = find_named(top, kTrainNames);
  const std::string val_name = find_named(top, kValNames);
  if (!train_name.empty() && !val_name.empty()) {
    scan_sides(dataset, train_name, val_name);
    return dataset;
  }
  require_class_folders(dataset.root, top, "");
  dataset.classes = top.folders;
  Collector collector(dataset);
  for (std::size_t i = 0; i < dataset.classes.size(); ++i) {
    collector.read_class("", dataset.classes[i], static_cast<int>(i), Split::kUnassigned);
  }
  collector.read_strays("", top);
  collector.finish();
  return dataset;
}

}  // namespace engraft::data
