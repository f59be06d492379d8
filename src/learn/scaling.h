// Features brought to mean 0 and deviation 1, by the rows that a fold may see.
#pragma once

#include <vector>

#include "learn/folds.h"
#include "learn/head_data.h"

namespace engraft::learn {

// (x - mean) · scale, for each channel. The scale of a channel that does not vary is 0.
struct Scaling {
  std::vector<float> mean;
  std::vector<float> scale;
};

// Means and deviations over all rows and over those outside each fold, from one pass.
class Moments {
 public:
  Moments(const HeadData& data, const Folds& folds, int workers);

  Scaling of_all() const { return outside(kAlwaysSeen); }

  // By the rows outside a fold.
  Scaling outside(int fold) const;

 private:
  // Of some rows, about shift_.
  struct Sums {
    double count = 0;
    std::vector<double> first;   // Σ (x - shift)
    std::vector<double> second;  // Σ (x - shift)²
  };

  std::vector<float> shift_;
  std::vector<Sums> sums_;  // of each fold; last, of the rows that are always seen
};

}  // namespace engraft::learn
