// What 8-bit inference needs to know of a network, measured on some of the pictures that it is for,
// and whether it does those justice.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "features/features.h"
#include "infer/executor.h"
#include "model/model.h"

namespace engraft::run {

struct Calibration {
  infer::Ranges ranges;
  std::int64_t pictures = 0;  // that were looked at
  double cosine = 0;          // of features in 8 bits to those in float32, the mean of all pictures
  // Squared differences between features in 8 bits and in float32, by those between float32's
  // features and their mean.
  double noise = 1;
  // How many pictures a linear head on either features classifies rightly, by cross-validation;
  // nothing where some class has too few pictures for that, or where there is hardly any noise.
  std::optional<std::int64_t> right_in_float32;
  std::optional<std::int64_t> right_in_8_bits;
  bool computes_in_8_bits = false;  // whether anything in the network does
  bool complete = true;             // false: stopped

  // Whether there is hardly any noise; else whether 8 bits cost the head no more than half a point,
  // or two pictures, which is chance; and where no head can say, whether features point nearly the
  // same way.
  bool is_good() const;
};

// On up to 256 of `samples`, prepared as for validation: the features at `cut`. `plan` is that in
// 8 bits, without ranges. `source` gives the workers, how pictures are decoded, progress, and what
// can stop it; its pipeline becomes the model's.
Calibration calibrate(features::FeatureSource source, const data::Dataset& data,
                      std::span<const std::size_t> samples, const model::Model& model,
                      graph::NodeId cut, const infer::ComputePlan& plan);

}  // namespace engraft::run
