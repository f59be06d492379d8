// The held-out pictures that the best model got wrong most confidently, small, so that a report can
// show them when the data are gone.
#pragma once

#include "base/file.h"
#include "data/dataset.h"
#include "record/run.h"

namespace engraft::record {

constexpr std::size_t kShownMistakes = 24;
constexpr int kThumbnailSide = 160;  // of the longer side, in pixels; pictures are never enlarged

// All mistakes, the highest cross-entropy first, equal ones by name; no thumbnails.
std::vector<Mistake> all_mistakes(const data::Dataset& data, const training::TrainResult& result);

// Writes the worst as folder/thumbnails/NN.jpg and notes them, and how many mistakes there are in
// all, in `results`. A picture that can no longer be read has its reason instead. Throws Error
// where nothing can be written.
void write_worst(const base::Path& folder, const data::Dataset& data,
                 const training::TrainResult& result, int workers, Results& results);

}  // namespace engraft::record
