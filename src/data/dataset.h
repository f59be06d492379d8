// A data set as a list: which pictures there are, to which class each belongs, and on which side of
// the split it stands. Scanning reads names only; check_images() opens every picture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/file.h"
#include "cache/record_store.h"
#include "image/decode.h"

namespace engraft::data {

enum class Split { kUnassigned, kTrain, kVal, kTest };

struct Sample {
  base::Path path;   // as found: root / relative
  std::string name;  // relative to the data set's root, '/' between parts: the sample's identity
  int label = 0;     // index into Dataset::classes
  Split split = Split::kUnassigned;
  // From check_images(): the SHA-256 of the file (zeros before), and what it is by its content.
  cache::RecordKey content{};
  image::ImageFormat format = image::ImageFormat::kUnknown;
};

struct Skipped {
  std::string name;
  std::string reason;
};

// A folder that is no part of the data set, and why.
struct PassedOver {
  std::string name;
  std::string reason;
  bool usual = false;  // hidden, or a system's own: only a check need speak of it
};

struct Dataset {
  base::Path root;
  std::vector<std::string> classes;  // in Unicode's form NFC; sorted by byte order, as ImageFolder
  std::vector<Sample> samples;       // sorted by name, whatever order the file system lists
  std::vector<Skipped> skipped;      // left out, and why; sorted by name
  std::vector<Skipped> notes;        // used, but not quite in order, and why (from check_images)
  std::vector<Skipped> gaps;         // class folders without a picture, or missing from a side
  std::vector<PassedOver> passed_over;
};

// What the data set is for: training needs at least two classes with pictures on each side; an
// evaluation or a check takes what there is.
enum class Purpose { kTraining, kInspection };

struct ScanOptions {
  Purpose purpose = Purpose::kTraining;
  base::Path not_data = {};  // a folder that is passed over, such as that of the run to be made
};

// Reads DATA: class folders; or the sides of a split with class folders in each, by their usual
// names (data/side_names.h): train with val, test, or both. Without val, training pictures stay
// kUnassigned, for split_dataset() to hold validation out of them. The folder's name is the class;
// pictures may lie deeper within a class folder; links are followed, each folder is read once a
// class. Hidden files and folders, what systems and file servers leave behind, and run folders are
// no part of it. Files that are not pictures by their ending (ImageFolder's list: .jpg .jpeg .png
// .ppm .bmp .pgm .tif .tiff .webp, any case) are left out of `samples` and counted in `skipped`
// ("not an image by its name (.gif)"). In names of files that are not UTF-8 other bytes are written
// as \xE9.
//
// Throws Error with what to do: no such folder, an archive or a list of files instead of a folder,
// no class folder (pictures lie directly in it), folders that do not look like classes (a folder
// one level too high, folds, annotations), a class's name that is not UTF-8. For training also: one
// class only, class folders without any picture, a class that only one of train and val has.
Dataset scan_dataset(const base::Path& root, const ScanOptions& options = {});

// Opens every picture, each once, and moves those that cannot be read from samples to skipped, with
// the reason. Fills in each sample's content and format. Returns false where `events.stop` ended it
// before all were opened; the data set is then as it was. Throws Error where, for training, a class
// is left without a picture to learn from or to validate with (naming it and the first reasons;
// for inspection it is a gap), or, with `strict`, at the first picture that cannot be read.
struct CheckOptions {
  Purpose purpose = Purpose::kTraining;
  int workers = 1;
  bool strict = false;
  base::Path cache = {};  // where findings are kept between runs; empty: nowhere
  image::Limits limits = {};
};
bool check_images(Dataset& dataset, const CheckOptions& options, const base::Events& events = {});

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
// `events.note` hears how many copies there are, which of them stand on two sides of a given split,
// which classes are without a picture on a side, and of a fraction that changes nothing.
// Throws Error where nothing could be held out; the data set is then as it was.
struct SplitOptions {
  std::optional<double> val_fraction = {};  // 0.2, and nothing said where there is a split already
  bool stratify = true;
  std::uint64_t seed = 0;
};
void split_dataset(Dataset& dataset, const SplitOptions& options, const base::Events& events = {});

// Indices into dataset.samples of one side, ascending.
std::vector<std::size_t> samples_of(const Dataset& dataset, Split split);

}  // namespace engraft::data
