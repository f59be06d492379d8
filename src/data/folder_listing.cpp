#include "data/folder_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "engraft/error.h"

namespace engraft::data {
namespace {

namespace fs = std::filesystem;

// torchvision's ImageFolder: IMG_EXTENSIONS.
constexpr std::array<std::string_view, 9> kPictureExtensions{
    ".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"};
// What file managers and archivers leave behind.
constexpr std::array<std::string_view, 5> kLeftovers{"__macosx", "thumbs.db", "ehthumbs.db",
                                                     "desktop.ini", "icon\r"};
// Folders that file servers (Synology, QNAP) and systems keep for themselves on each disk.
constexpr std::array<std::string_view, 9> kSystemFolders{
    "@eadir",    "@recycle",     "@__thumb", "#recycle",
    "#snapshot", "$recycle.bin", "recycler", "system volume information",
    "lost+found"};

template <std::size_t n>
bool contains(const std::array<std::string_view, n>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool is_hidden(const std::string& name) { return name.front() == '.'; }

bool is_ignored_file(const std::string& name) {
  return is_hidden(name) || contains(kLeftovers, base::lower_ascii(name));
}

bool is_ignored_folder(const std::string& name) {
  return is_ignored_file(name) || contains(kSystemFolders, base::lower_ascii(name));
}

}  // namespace

base::Expected<FolderListing> list_folder(const base::Path& folder) {
  std::error_code error;
  FolderListing listing;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    std::error_code ignored;  // an entry that cannot be looked at is none of the kinds below
    if (entry->is_directory(ignored)) {
      if (is_ignored_folder(name)) {
        const char* kind = is_hidden(name)
                               ? "a hidden folder"
                               : "a folder that a file server or a system keeps for itself";
        listing.ignored_folders.push_back({std::move(name), kind});
      } else {
        listing.folders.push_back(std::move(name));
      }
    } else if (is_ignored_file(name)) {
      continue;
    } else if (entry->is_regular_file(ignored)) {
      listing.files.push_back(std::move(name));
    } else {
      const bool is_link = entry->is_symlink(ignored);
      listing.odd.push_back(
          {std::move(name), is_link ? "a link that leads nowhere" : "not a regular file"});
    }
  }
  if (error) return base::Problem{"cannot be opened: " + error.message()};
  std::sort(listing.folders.begin(), listing.folders.end());
  std::sort(listing.files.begin(), listing.files.end());
  const auto by_name = [](const Skipped& a, const Skipped& b) { return a.name < b.name; };
  std::sort(listing.odd.begin(), listing.odd.end(), by_name);
  std::sort(listing.ignored_folders.begin(), listing.ignored_folders.end(), by_name);
  return listing;
}

FolderListing list_folder_or_throw(const base::Path& folder) {
  base::Expected<FolderListing> listing = list_folder(folder);
  if (!listing) throw Error(fmt::format("{}: {}", folder.string(), listing.reason()));
  return *std::move(listing);
}

bool is_picture_name(const std::string& name) {
  return contains(kPictureExtensions, base::lower_extension(name));
}

std::string not_a_picture(const std::string& name) {
  const std::string extension = base::lower_extension(name);
  return fmt::format("not an image by its name ({})", extension.empty() ? "no ending" : extension);
}

}  // namespace engraft::data
