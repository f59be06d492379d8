// What the best model says of the pictures that were held out, for any other program to go on from.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/file.h"
#include "data/dataset.h"

namespace engraft::record {

// Up to this many classes predictions.csv has a column for each class's probability.
constexpr std::size_t kColumnClasses = 20;

// A row for each of `samples`: path,label,split,predicted, then p:CLASS for each class; above
// kColumnClasses in their place top1,p1 to top5,p5. `logits` is samples × classes. Throws Error.
void write_predictions_csv(const base::Path& file, const data::Dataset& data,
                           std::span<const std::size_t> samples, std::span<const float> logits);

// The logits as float32, rows × `classes`, in the order of predictions.csv. Throws Error.
void write_logits_npy(const base::Path& file, std::span<const float> logits, std::int64_t classes);

}  // namespace engraft::record
