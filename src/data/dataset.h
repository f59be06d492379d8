// A data set as a list: which pictures there are, to which class each belongs, and on which side of
// the split it stands. Scanning reads names only; check_images() opens every picture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/file.h"
#include "cache/record_store.h"

namespace engraft::data {

enum class Split { kUnassigned, kTrain, kVal, kTest };

struct Sample {
  base::Path path;   // as found: root / relative
  std::string name;  // relative to the data set's root, '/' between parts: the sample's identity
  int label = 0;     // index into Dataset::classes
  Split split = Split::kUnassigned;
  cache::RecordKey content{};  // SHA-256 of the file, from check_images(); before, zeros
};

struct Skipped {
  std::string name;
  std::string reason;
};

struct Dataset {
  base::Path root;
  std::vector<std::string> classes;  // sorted by byte order, as torchvision's ImageFolder
  std::vector<Sample> samples;       // sorted by name, whatever order the file system lists
  std::vector<Skipped> skipped;      // left out, and why; sorted by name
  std::vector<Skipped> notes;        // used, but not quite in order, and why (from check_images)
};

// Reads DATA: class folders; or train/ and val/ (or valid/, validation/, test/; also training/,
// testing/; in any case) of class folders. The folder's name is the label; pictures may lie deeper
// within a class folder; links are followed, each folder is read once a class. Hidden files and
// folders, Thumbs.db and __MACOSX are ignored. Files that are not pictures by their ending
// (ImageFolder's list: .jpg .jpeg .png .ppm .bmp .pgm .tif .tiff .webp, any case) are left out of
// `samples` and counted in `skipped` ("not an image by its name (.gif)").
// Throws Error with what to do: no such folder, an archive or a list of files instead of a folder,
// no class folder (pictures lie directly in it), one class only, class folders without any picture,
// a class that only one of train/ and val/ has.
Dataset scan_dataset(const base::Path& root);

// Opens every picture and moves those that cannot be read from samples to skipped, with the reason.
// `progress` is called with (done, total) now and then, never concurrently. Throws Error where a
// class is left without a picture (naming it and the first reasons), or, with `strict`, at the
// first picture that cannot be read.
struct CheckOptions {
  int workers = 1;
  bool strict = false;
  base::Path cache = {};  // where findings are kept between runs; empty: nowhere
  std::function<void(std::size_t done, std::size_t total)> progress = {};
};
void check_images(Dataset& dataset, const CheckOptions& options);

// Assigns kTrain and kVal to samples that are kUnassigned; where the data set came with its own
// split, changes nothing. round(val_fraction × n) pictures are held out for validation, dealt to
// the classes by largest remainder; each class keeps at least one for training. Files with the same
// content (from check_images()) stay on one side, those that lie in two classes on the training
// side; many of them may leave fewer held out. Without `stratify` chance alone decides.
//
// The same seed gives the same split on every machine, whatever the order of the samples: names are
// ordered, then shuffled by the seed, in each class by itself (torch's random_split, after
// int(0.8 × n) in the lab, is the way without `stratify`).
//
// `events.note` hears how many copies there are and which classes are without a picture on a side.
// Throws Error where nothing could be held out; the data set is then as it was.
struct SplitOptions {
  double val_fraction = 0.2;
  bool stratify = true;
  std::uint64_t seed = 0;
};
void split_dataset(Dataset& dataset, const SplitOptions& options, const base::Events& events = {});

// Indices into dataset.samples of one side, ascending.
std::vector<std::size_t> samples_of(const Dataset& dataset, Split split);

}  // namespace engraft::data
