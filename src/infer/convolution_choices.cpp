#include "infer/convolution_choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

#include "base/large_buffer.h"
#include "infer/winograd.h"
#include "infer/winograd_tiles.h"

namespace engraft {
namespace {

// What must be gained before anything is rounded differently.
constexpr double kLeastGain = 1.1;

// Memory filled with numbers that are neither zero nor tiny.
class Values {
 public:
  explicit Values(std::size_t bytes) : memory_(bytes) {
    std::fill_n(get(), bytes / sizeof(float), 0.5F);
  }
  float* get() const { return reinterpret_cast<float*>(bytes()); }
  std::byte* bytes() const { return memory_.data(); }

 private:
  LargeBuffer memory_;
};

// The shorter of two runs, in seconds.
template <typename Work>
double shortest(const Work& work) {
  using Clock = std::chrono::steady_clock;
  constexpr int kRuns = 2;
  double best = std::numeric_limits<double>::infinity();
  for (int run = 0; run < kRuns; ++run) {
    const Clock::time_point begin = Clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return best;
}

double measure_direct(const onednn::Primitive& direct, float* source, float* destination) {
  const Values weights(direct.weights.get_size());
  const Values bias(static_cast<std::size_t>(direct.destination.dims()[1]) * sizeof(float));
  const Values scratchpad(direct.scratchpad_bytes + sizeof(float));
  const auto memory = [](const onednn::Desc& layout, const float* values) {
    return dnnl::memory(layout, onednn::engine(), const_cast<float*>(values));
  };
  onednn::Arguments arguments{
      {DNNL_ARG_SRC, memory(direct.sources[0], source)},
      {DNNL_ARG_WEIGHTS, memory(direct.weights, weights.get())},
      {DNNL_ARG_BIAS,
       memory(onednn::plain({direct.destination.dims()[1]}, onednn::Type::f32), bias.get())},
      {DNNL_ARG_DST, memory(direct.destination, destination)}};
  onednn::add_scratchpad(arguments, direct, scratchpad.bytes());
  dnnl::stream stream(onednn::engine());
  return shortest([&] {
    direct.primitive.execute(stream, arguments);
    stream.wait();
  });
}

double measure_winograd(const Winograd& winograd, std::int64_t channels, const float* source,
                        float* destination) {
  const onednn::Desc& layout = winograd.weights_layout();
  const Values numbers(layout.get_size() * kTileMatrices);
  std::vector<dnnl::memory> weights;
  for (std::size_t matrix = 0; matrix < kTileMatrices; ++matrix) {
    weights.emplace_back(layout, onednn::engine(), numbers.bytes() + matrix * layout.get_size());
  }
  const Kernel kernel = winograd.kernel(weights, Tensor(DType::kFloat32, {channels}));
  const Values scratch(kernel.scratch_bytes + sizeof(float));
  const std::vector<const float*> sources{source};
  return shortest([&] { kernel.run(sources, destination, scratch.bytes()); });
}

// As many pictures as run at once, but not so many that measuring a large layer takes seconds.
std::int64_t batch_for(const Conv2d& conv, const Shape& source) {
  constexpr std::int64_t kMultiplyAdds = 4'000'000'000;
  const std::int64_t one = source[1] * source[2] * source[3] * conv.out_channels * 9;
  return std::clamp<std::int64_t>(kMultiplyAdds / one, 1, Executor::kMostAtOnce);
}

// The same layout for that many pictures.
onednn::Desc with_batch(const onednn::Desc& layout, std::int64_t batch) {
  Shape shape = onednn::shape_of(layout);
  shape[0] = batch;
  const onednn::Type type = onednn::type_of(layout);
  return onednn::is_channels_last(layout)
             ? onednn::channels_last(shape, type)
             : onednn::blocked(shape, onednn::channel_block(layout), type);
}

// How many times faster Winograd's filtering is.
double measure_gain(const Conv2d& conv, const onednn::Desc& source, const onednn::Desc& destination,
                    onednn::Fusion fusion) {
  const std::int64_t batch = batch_for(conv, onednn::shape_of(source));
  const onednn::Desc in = with_batch(source, batch);
  const onednn::Desc out = with_batch(destination, batch);
  const Values values(in.get_size());
  const Values results(out.get_size());
  const double direct = measure_direct(
      onednn::convolution(conv, onednn::shape_of(in), onednn::type_of(in), out, fusion),
      values.get(), results.get());
  return direct / measure_winograd(Winograd(conv, in, out, fusion), conv.out_channels, values.get(),
                                   results.get());
}

std::string describe(const Conv2d& conv, const onednn::Desc& source, onednn::Fusion fusion) {
  const Shape shape = onednn::shape_of(source);
  return fmt::format(
      "{}, {} > {} channels {}, {} x {}, padding {} x {}{}",
      onednn::type_of(source) == onednn::Type::bf16 ? "bf16" : "fp32", shape[1], conv.out_channels,
      onednn::is_channels_last(source)
          ? "last"
          : fmt::format("in blocks of {}", onednn::channel_block(source)),
      shape[2], shape[3], conv.padding.height, conv.padding.width, fusion.sum ? ", with sum" : "");
}

}  // namespace

bool ConvolutionChoices::takes_winograd(const Conv2d& conv, const onednn::Desc& source,
                                        const onednn::Desc& destination, onednn::Fusion fusion) {
  if (convolutions_ != Convolutions::kFastest) return convolutions_ == Convolutions::kWinograd;
  const double gain = measurements_.get(describe(conv, source, fusion), [&] {
    return measure_gain(conv, source, destination, fusion);
  });
  return gain >= kLeastGain;
}

}  // namespace engraft
