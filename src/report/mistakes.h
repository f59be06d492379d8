// The validation pictures that the model got wrong most confidently, with small pictures to look
// at: where a data set's wrong labels and a model's blind spots show first.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "training/loop.h"

namespace engraft::report {

struct Mistake {
  std::size_t sample = 0;  // index into Dataset::samples
  std::size_t truth = 0;
  std::size_t predicted = 0;
  double probability = 0;        // of the predicted class
  double truth_probability = 0;  // of the true class
  double loss = 0;               // cross-entropy; infinite where it is not a number
};

// Misclassified validation pictures of the best model, the highest loss first, equal ones by name.
std::vector<Mistake> all_mistakes(const data::Dataset& data, const training::TrainResult& result);

struct MistakesOptions {
  std::size_t limit = 24;
  int largest_side = 160;  // of a small picture, in pixels; pictures are never enlarged
  int workers = 1;
};

// The worst of them as a list of small pictures with what they show, what they were taken for and
// their names; a picture that can no longer be read says why instead. The pictures are JPEGs within
// the page ("data:" addresses).
std::string mistakes_html(const data::Dataset& data, const training::TrainResult& result,
                          const MistakesOptions& options);

// RFC 4648, section 4, with padding.
std::string base64(const base::Bytes& bytes);

}  // namespace engraft::report
