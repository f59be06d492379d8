// Which convolutions Winograd's filtering makes faster on this processor.
#pragma once

#include "cache/measurements.h"
#include "infer/executor.h"
#include "onednn/onednn.h"

namespace engraft::infer {

class ConvolutionChoices {
 public:
  // With kFastest, `measurements` say what is faster; they must outlive the choices.
  ConvolutionChoices(Convolutions convolutions, cache::Measurements& measurements)
      : convolutions_(convolutions), measurements_(measurements) {}

  // Whether a convolution between these layouts, which Winograd::fits(), is to be computed so.
  bool takes_winograd(const graph::Conv2d& conv, const onednn::Desc& source,
                      const onednn::Desc& destination, onednn::Fusion fusion);

  // Whether filtering in `type` computes a convolution from one shape to the other so much faster
  // than 8-bit numbers do that the values' way into it and back pays. Only with kFastest.
  bool filters_faster_than_8_bits(const graph::Conv2d& conv, const base::Shape& source,
                                  const base::Shape& destination, onednn::Type type,
                                  onednn::Fusion fusion);

  // Whether there are pictures enough for anything to be prepared or measured.
  bool expects_many() const { return convolutions_ != Convolutions::kDirect; }

 private:
  Convolutions convolutions_;
  cache::Measurements& measurements_;
};

}  // namespace engraft::infer
