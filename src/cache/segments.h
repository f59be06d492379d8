// How a cache lies on the disk: a folder for each kind of thing that is kept, named after its
// description, with that in words; in it segments, which never change once they are complete. What
// lists and trims a cache (record_store.h) goes by nothing else.
#pragma once

#include <string_view>
#include <vector>

#include "base/file.h"

namespace engraft::cache {

inline constexpr std::string_view kSegmentEnding = ".segment";
inline constexpr std::string_view kAbout = "about.txt";  // a kind's description

base::Path folder_of(const base::Path& cache, std::string_view description);

// The complete ones; none where the folder cannot be read.
std::vector<base::Path> segments_in(const base::Path& folder);

// Where a kind's next segment is to be written, under a name that no process has taken. Makes the
// folder, and says in it what it holds. Throws Error or std::filesystem's.
base::Path new_segment(const base::Path& folder, std::string_view description);

// Reading is use: what is read stays longest.
void note_use(const base::Path& segment);

}  // namespace engraft::cache
