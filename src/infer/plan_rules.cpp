#include "infer/plan_rules.h"

namespace engraft::infer {
namespace {

// What filtering takes, in units of the time in which a direct convolution does one multiply-add
// for each pair of channels: for each of a tile's 36 products `product` units a pair, and for the
// transforms, which go through every channel once, `transform` units a channel.
struct Costs {
  std::string_view instructions;
  std::int64_t vector = 0;  // channels
  double product32 = 0;     // float32
  double transform32 = 0;
  double product16 = 0;  // bfloat16; 0: the processor has none
  double transform16 = 0;
  double times_int8 = 0;  // how many times faster than in the wider type 8 bits are computed
};

// Measured on Zen 4 with oneDNN's instructions limited to each; those of AMX, which multiplies
// about four times as fast as it transforms, are scaled from avx512_core_bf16. What only oneDNN 3
// tells apart has the numbers of what it adds to.
constexpr Costs kCosts[] = {
    {"avx2", 8, 1.23, 18.4, 0, 0, 2.1},
    {"avx2_vnni", 8, 1.23, 18.4, 0, 0, 4},
    {"avx2_vnni_2", 8, 1.23, 18.4, 0, 0, 4},
    {"avx512_core", 16, 1.15, 28.9, 0, 0, 2.1},
    {"avx512_core_vnni", 16, 1.15, 28.9, 0, 0, 4},
    {"avx512_core_bf16", 16, 1.15, 28.9, 1.31, 38, 1.95},
    {"avx512_core_fp16", 16, 1.15, 28.9, 1.31, 38, 1.95},
    {"avx512_core_amx", 16, 1.15, 28.9, 1.5, 150, 1.95},
    {"avx512_core_amx_fp16", 16, 1.15, 28.9, 1.5, 150, 1.95},
};

// What must be gained before anything is rounded differently.
constexpr double kLeastGain = 1.05;

// What must be gained over 8 bits, to pay for the values' way into the wider type and back.
constexpr double kLeastGainOver8Bits = 1.25;

double rounded_up_quotient(std::int64_t a, std::int64_t b) {
  return static_cast<double>((a + b - 1) / b);
}

}  // namespace

double filtering_gain(const graph::Conv2d& conv, const base::Shape& source,
                      const base::Shape& destination, Precision precision,
                      std::string_view instructions) {
  const auto* costs = std::ranges::find(kCosts, instructions, &Costs::instructions);
  if (costs == std::end(kCosts)) return 0;
  if (conv.kernel != graph::Pair(3) || conv.stride != graph::Pair(1) ||
      conv.dilation != graph::Pair(1) || conv.groups != 1 ||
      conv.in_channels % costs->vector != 0 || conv.out_channels % costs->vector != 0) {
    return 0;
  }
  const bool half = precision != Precision::kFloat32 && costs->product16 > 0;
  if (precision == Precision::kBFloat16 && !half) return 0;
  const double product = half ? costs->product16 : costs->product32;
  const double transform = half ? costs->transform16 : costs->transform32;
  constexpr double kDirect = 9;     // multiply-adds a result and pair of channels
  constexpr double kFiltered = 36;  // products a tile of 4 × 4 results
  const auto in = static_cast<double>(source[1]);
  const auto out = static_cast<double>(destination[1]);
  const double results = static_cast<double>(destination[2] * destination[3]);
  const double tiles =
      rounded_up_quotient(destination[2], 4) * rounded_up_quotient(destination[3], 4);
  const double gain = kDirect * results * in * out /
                      (kFiltered * tiles * (product * in * out + transform * (in + out)));
  return precision == Precision::kInt8 ? gain / costs->times_int8 : gain;
}

bool is_worth_filtering(double gain, Precision precision) {
  return gain >= (precision == Precision::kInt8 ? kLeastGainOver8Bits : kLeastGain);
}

}  // namespace engraft::infer
