// Which convolutions Winograd's filtering makes faster on this processor: measured once each, and
// remembered.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/file.h"
#include "infer/executor.h"
#include "infer/onednn.h"

namespace engraft {

class ConvolutionChoices {
 public:
  // With kFastest, `file` is where measurements are remembered (empty: nowhere). A file that cannot
  // be read counts as absent.
  explicit ConvolutionChoices(Convolutions convolutions, Path file = {});

  // Whether a convolution between these layouts, which Winograd::fits(), is to be computed so.
  bool takes_winograd(const Conv2d& conv, const onednn::Desc& source,
                      const onednn::Desc& destination, onednn::Fusion fusion);

  // Remembers what has been measured; where it cannot be written, it is measured again next time.
  void save();

 private:
  Convolutions convolutions_;
  Path file_;
  std::map<std::string, double> gains_;  // direct time / Winograd's
  bool measured_ = false;
};

}  // namespace engraft
