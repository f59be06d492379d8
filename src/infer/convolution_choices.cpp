#include "infer/convolution_choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "base/large_buffer.h"
#include "onednn/convolution_trial.h"
#include "onednn/winograd.h"
#include "onednn/winograd_tiles.h"

namespace engraft::infer {
namespace {

// What must be gained before anything is rounded differently.
constexpr double kLeastGain = 1.1;

// What must be gained over 8 bits, to pay for the values' way into the wider type and back.
constexpr double kLeastGainOver8Bits = 1.25;

double measure_winograd(const onednn::Winograd& winograd, const onednn::Desc& source,
                        const onednn::Desc& destination) {
  const base::LargeBuffer values = onednn::made_up_numbers(source.get_size());
  const base::LargeBuffer results = onednn::made_up_numbers(destination.get_size());
  const onednn::Desc& layout = winograd.weights_layout();
  const base::LargeBuffer numbers =
      onednn::made_up_numbers(layout.get_size() * onednn::kTileMatrices);
  std::vector<dnnl::memory> weights;
  for (std::size_t matrix = 0; matrix < onednn::kTileMatrices; ++matrix) {
    weights.emplace_back(layout, onednn::engine(), numbers.data() + matrix * layout.get_size());
  }
  const onednn::Kernel kernel =
      winograd.kernel(weights, base::Tensor(base::DType::kFloat32, {destination.dims()[1]}));
  const base::LargeBuffer scratch = onednn::made_up_numbers(kernel.scratch_bytes);
  const std::vector<const float*> sources{reinterpret_cast<const float*>(values.data())};
  return cache::shortest_seconds(
      [&] { kernel.run(sources, reinterpret_cast<float*>(results.data()), scratch.data()); });
}

// As many pictures as run at once, but not so many that measuring a large layer takes seconds.
std::int64_t batch_for(const graph::Conv2d& conv, const base::Shape& source) {
  constexpr std::int64_t kMultiplyAdds = 4'000'000'000;
  const std::int64_t one = source[1] * source[2] * source[3] * conv.out_channels * 9;
  return std::clamp<std::int64_t>(kMultiplyAdds / one, 1, Executor::kMostAtOnce);
}

// The same layout for that many pictures.
onednn::Desc with_batch(const onednn::Desc& layout, std::int64_t batch) {
  base::Shape shape = onednn::shape_of(layout);
  shape[0] = batch;
  const onednn::Type type = onednn::type_of(layout);
  return onednn::is_channels_last(layout)
             ? onednn::channels_last(shape, type)
             : onednn::blocked(shape, onednn::channel_block(layout), type);
}

// What filtering is measured against, between two layouts; none where oneDNN has no fast way.
using Rival = std::function<std::optional<onednn::Primitive>(const onednn::Desc& source,
                                                             const onednn::Desc& destination)>;

// How many times faster Winograd's filtering between these layouts is.
double measure_gain(const graph::Conv2d& conv, const onednn::Desc& source,
                    const onednn::Desc& destination, onednn::Fusion fusion, const Rival& rival) {
  const std::int64_t batch = batch_for(conv, onednn::shape_of(source));
  const onednn::Desc in = with_batch(source, batch);
  const onednn::Desc out = with_batch(destination, batch);
  const std::optional<onednn::Primitive> primitive = rival(in, out);
  if (!primitive) return std::numeric_limits<double>::infinity();
  const onednn::ConvolutionTrial trial(*primitive);
  return cache::shortest_seconds([&] { trial.run(); }) /
         measure_winograd(onednn::Winograd(conv, in, out, fusion), in, out);
}

std::string describe(const graph::Conv2d& conv, const onednn::Desc& source, onednn::Fusion fusion) {
  const base::Shape shape = onednn::shape_of(source);
  return fmt::format(
      "{}, {} > {} channels {}, {} x {}, padding {} x {}{}",
      onednn::type_of(source) == onednn::Type::bf16 ? "bf16" : "fp32", shape[1], conv.out_channels,
      onednn::is_channels_last(source)
          ? "last"
          : fmt::format("in blocks of {}", onednn::channel_block(source)),
      shape[2], shape[3], conv.padding.height, conv.padding.width, fusion.sum ? ", with sum" : "");
}

}  // namespace

bool ConvolutionChoices::takes_winograd(const graph::Conv2d& conv, const onednn::Desc& source,
                                        const onednn::Desc& destination, onednn::Fusion fusion) {
  if (convolutions_ != Convolutions::kFastest) return convolutions_ == Convolutions::kWinograd;
  const auto direct = [&](const onednn::Desc& in, const onednn::Desc& out) {
    return onednn::convolution(conv, onednn::shape_of(in), onednn::type_of(in), out, fusion);
  };
  const double gain = measurements_.get(describe(conv, source, fusion), [&] {
    return measure_gain(conv, source, destination, fusion, direct);
  });
  return gain >= kLeastGain;
}

bool ConvolutionChoices::filters_faster_than_8_bits(const graph::Conv2d& conv,
                                                    const base::Shape& source,
                                                    const base::Shape& destination,
                                                    onednn::Type type, onednn::Fusion fusion) {
  if (convolutions_ != Convolutions::kFastest) return false;
  const onednn::Primitive direct =
      onednn::convolution(conv, source, type, onednn::any(destination, type), fusion);
  const onednn::Desc& in = direct.sources[0];
  const onednn::Desc& out = direct.destination;
  if (!onednn::Winograd::fits(conv, in, out, fusion.activation)) return false;
  const auto in_8_bits = [&](const onednn::Desc& from, const onednn::Desc& to) {
    const onednn::Quantum eight{onednn::Type::u8, 1};
    const std::vector<float> scales(static_cast<std::size_t>(conv.out_channels), 1);
    return onednn::convolution_int8(conv, onednn::shape_of(from), eight, scales,
                                    onednn::channels_last(onednn::shape_of(to), eight.type), eight,
                                    eight, fusion);
  };
  const double gain = measurements_.get("8 bits against " + describe(conv, in, fusion), [&] {
    return measure_gain(conv, in, out, fusion, in_8_bits);
  });
  return gain >= kLeastGainOver8Bits;
}

}  // namespace engraft::infer
