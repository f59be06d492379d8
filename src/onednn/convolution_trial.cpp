#include "onednn/convolution_trial.h"

#include <cstring>

namespace engraft::onednn {

base::LargeBuffer made_up_numbers(std::size_t bytes) {
  constexpr int kByte = 0x3c;  // about 0.01 in float32 and bfloat16, 60 in 8 bits
  base::LargeBuffer buffer(bytes);
  std::memset(buffer.data(), kByte, bytes);
  return buffer;
}

ConvolutionTrial::ConvolutionTrial(const Primitive& convolution)
    : primitive_(convolution.primitive) {
  const Desc bias = plain({shape_of(convolution.destination)[1]}, Type::f32);
  arguments_ = {{DNNL_ARG_SRC, filled(convolution.sources[0])},
                {DNNL_ARG_WEIGHTS, filled(convolution.weights)},
                {DNNL_ARG_BIAS, filled(bias)},
                {DNNL_ARG_DST, filled(convolution.destination)}};
  std::byte* scratch = nullptr;
  if (convolution.scratchpad_bytes > 0) {
    scratch = buffers_.emplace_back(convolution.scratchpad_bytes).data();
  }
  add_own(arguments_, convolution, scratch);
}

void ConvolutionTrial::run() const {
  dnnl::stream stream(engine());
  primitive_.execute(stream, arguments_);
  stream.wait();
}

dnnl::memory ConvolutionTrial::filled(const Desc& layout) {
  buffers_.push_back(made_up_numbers(layout.get_size()));
  return {layout, engine(), buffers_.back().data()};
}

}  // namespace engraft::onednn
