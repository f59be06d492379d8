// The best head on a training's features: what it is found from, and what is said of it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "learn/find_head.h"
#include "learn/head_kind.h"
#include "training/stored_features.h"

namespace engraft::training {

// Rows of features as the training cached them: view after view, each of all pictures.
struct CachedRows {
  base::Shape shape;                       // of one view, 1 × C or 1 × C × H × W
  std::span<const float> features;         // in memory,
  const StoredFeatures* stored = nullptr;  // or on the disk
  std::span<const int> labels;             // of each row
  std::span<const std::size_t> pictures;   // which picture it is of
  int classes = 0;
};

// Which picture each row is of, for `views` views of `samples`; copies of a file are one picture.
std::vector<std::size_t> pictures_of_rows(const data::Dataset& data,
                                          std::span<const std::size_t> samples, std::size_t views);

// `rows` must outlive the call. Where it was stopped, what is found is not complete.
learn::FoundHead find_best_head(learn::HeadKind kind, const CachedRows& rows,
                                const learn::FreshHead& fresh, const learn::HeadOptions& options);

// "penalty 0.01, chosen by cross-validation: 92.30 % of the training side right when not seen"
std::string describe(const learn::CrossValidation& validation);

}  // namespace engraft::training
