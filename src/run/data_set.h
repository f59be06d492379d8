// A job's pictures: scanned, opened, what cannot be read left out and said.
#pragma once

#include "base/events.h"
#include "data/dataset.h"
#include "training/settings.h"

namespace engraft::run {

// Scans a data set and leaves out what cannot be read, with progress; notes what was left out or
// passed over. Throws Error, also where it was interrupted; with --strict at the first picture that
// cannot be read.
data::Dataset open_dataset(const base::Path& path, const training::Settings& settings,
                           const base::Events& events, const data::ScanOptions& scan = {});

// The second half of that: opens every picture of what scan_dataset() listed at `path`.
void check_pictures(data::Dataset& data, const base::Path& path, data::Purpose purpose,
                    const training::Settings& settings, const base::Events& events);

// Indices of all samples.
std::vector<std::size_t> all_samples(const data::Dataset& data);

}  // namespace engraft::run
