// A convolution on made-up numbers, to see how long it takes.
#pragma once

#include <vector>

#include "base/large_buffer.h"
#include "onednn/onednn.h"

namespace engraft::onednn {

// Memory filled with numbers that in every type are neither zero nor tiny.
base::LargeBuffer made_up_numbers(std::size_t bytes);

class ConvolutionTrial {
 public:
  // `convolution` takes weights and a bias, as those of onednn.h do.
  explicit ConvolutionTrial(const Primitive& convolution);

  void run() const;

 private:
  dnnl::memory filled(const Desc& layout);

  dnnl::primitive primitive_;
  std::vector<base::LargeBuffer> buffers_;
  Arguments arguments_;
};

}  // namespace engraft::onednn
