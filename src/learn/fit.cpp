#include "learn/fit.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace engraft::learn {
namespace {

void set_parameters(const Suffix& suffix, std::span<const double> x) {
  std::size_t i = 0;
  for (const std::span<float> parameter : suffix.parameters()) {
    for (float& value : parameter) value = static_cast<float>(x[i++]);
  }
}

// Of a loss computed from logits in float32, relative.
constexpr double kLossNoise = 1e-7;

}  // namespace

LbfgsResult fit(Suffix& suffix, graph::NodeId start, std::span<const float> features,
                std::span<const int> labels, const FitOptions& options,
                const LbfgsCallback& callback) {
  std::vector<double> x;
  for (const std::span<float> parameter : suffix.parameters()) {
    x.insert(x.end(), parameter.begin(), parameter.end());
  }
  const Objective objective = [&](std::span<const double> at, std::span<double> gradient) {
    set_parameters(suffix, at);
    double value = suffix.differentiate(start, features, labels).loss;
    std::size_t i = 0;
    for (std::size_t p = 0; p < suffix.names().size(); ++p) {
      const double l2 = std::string_view(suffix.names()[p]).ends_with(".bias") ? 0 : options.l2;
      for (const float slope : suffix.gradients()[p]) {
        value += l2 / 2 * at[i] * at[i];
        gradient[i] = slope + l2 * at[i];
        ++i;
      }
    }
    return value;
  };
  LbfgsOptions lbfgs = options.lbfgs;
  lbfgs.value_noise = std::max(lbfgs.value_noise, kLossNoise);
  const LbfgsResult result = minimise(objective, x, lbfgs, [&](const LbfgsProgress& progress) {
    set_parameters(suffix, progress.x);
    return !callback || callback(progress);
  });
  set_parameters(suffix, x);
  return result;
}

}  // namespace engraft::learn
