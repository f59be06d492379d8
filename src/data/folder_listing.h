// What a folder of a data set holds, as ImageFolder sees it: which entries count, which files are
// pictures by their names.
#pragma once

#include <string>
#include <vector>

#include "base/expected.h"
#include "base/file.h"
#include "data/dataset.h"

namespace engraft::data {

// A folder's entries, links followed, each list in byte order. Hidden ones and what file managers,
// archivers and file servers leave behind (Thumbs.db, __MACOSX, @eaDir) are not among them.
struct FolderListing {
  std::vector<std::string> folders;
  std::vector<std::string> files;
  std::vector<Skipped> odd;              // neither: links that lead nowhere, pipes, sockets
  std::vector<Skipped> ignored_folders;  // and of which kind they are
};

// A Problem where the folder cannot be opened.
base::Expected<FolderListing> list_folder(const base::Path& folder);

// The same, with an Error naming the folder instead.
FolderListing list_folder_or_throw(const base::Path& folder);

// Whether the name's ending is among torchvision's IMG_EXTENSIONS, in any case.
bool is_picture_name(const std::string& name);

// "not an image by its name (.gif)"
std::string not_a_picture(const std::string& name);

}  // namespace engraft::data
