#include "learn/scaling.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"

namespace engraft::learn {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{4} << 20U;
constexpr std::size_t kChannelsPerItem = 128;

// What varies less than this share of its own size varies by rounding alone.
constexpr double kConstant = 1e-6;

}  // namespace

Moments::Moments(const HeadData& data, const Folds& folds, int workers)
    : sums_(static_cast<std::size_t>(folds.count) + 1) {
  const auto channels = static_cast<std::size_t>(data.channels);
  const auto places = static_cast<std::size_t>(data.places);
  for (Sums& sums : sums_) {
    sums.first.resize(channels);
    sums.second.resize(channels);
  }
  const auto sums_of = [&](std::size_t row) -> Sums& {
    const int fold = folds.of_row[row];
    return fold == kAlwaysSeen ? sums_.back() : sums_[static_cast<std::size_t>(fold)];
  };
  for (std::size_t i = 0; i < data.count(); ++i) {
    sums_of(i).count += static_cast<double>(places);
  }
  const std::size_t block = std::max<std::size_t>(
      1, kBlockBytes / sizeof(float) / std::max<std::size_t>(data.width(), 1));
  std::vector<float> buffer;
  for (std::size_t first = 0; first < data.count(); first += block) {
    const std::size_t count = std::min(block, data.count() - first);
    const std::span<const float> rows = rows_of(data, first, count, buffer);
    // Differences from a value near the mean lose nothing when they are squared.
    if (shift_.empty()) {
      shift_.resize(channels);
      for (std::size_t c = 0; c < channels; ++c) {
        double sum = 0;
        for (std::size_t r = 0; r < count; ++r) sum += rows[(r * channels + c) * places];
        shift_[c] = static_cast<float>(sum / static_cast<double>(count));
      }
    }
    base::parallel_for(
        (channels + kChannelsPerItem - 1) / kChannelsPerItem, workers, [&](std::size_t item, int) {
          const std::size_t end = std::min(channels, (item + 1) * kChannelsPerItem);
          for (std::size_t r = 0; r < count; ++r) {
            Sums& sums = sums_of(first + r);
            double* const ones = sums.first.data();
            double* const squares = sums.second.data();
            const float* value = rows.data() + (r * channels + item * kChannelsPerItem) * places;
            for (std::size_t c = item * kChannelsPerItem; c < end; ++c) {
              for (std::size_t p = 0; p < places; ++p) {
                const double away = static_cast<double>(*value++) - shift_[c];
                ones[c] += away;
                squares[c] += away * away;
              }
            }
          }
        });
  }
}

Scaling Moments::outside(int fold) const {
  const std::size_t channels = shift_.size();
  Scaling scaling{std::vector<float>(channels), std::vector<float>(channels)};
  double count = 0;
  std::vector<double> first(channels);
  std::vector<double> second(channels);
  for (std::size_t f = 0; f < sums_.size(); ++f) {
    if (static_cast<int>(f) == fold) continue;
    count += sums_[f].count;
    for (std::size_t c = 0; c < channels; ++c) {
      first[c] += sums_[f].first[c];
      second[c] += sums_[f].second[c];
    }
  }
  if (count == 0) return scaling;
  for (std::size_t c = 0; c < channels; ++c) {
    const double away = first[c] / count;
    const double variance = std::max(0.0, second[c] / count - away * away);
    const double size = std::abs(shift_[c]) + std::abs(away);
    scaling.mean[c] = static_cast<float>(shift_[c] + away);
    scaling.scale[c] =
        std::sqrt(variance) > kConstant * size ? static_cast<float>(1 / std::sqrt(variance)) : 0.0F;
  }
  return scaling;
}

}  // namespace engraft::learn
