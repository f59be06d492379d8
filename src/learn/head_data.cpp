#include "learn/head_data.h"

namespace engraft::learn {

std::span<const float> rows_of(const HeadData& data, std::size_t first, std::size_t count,
                               std::vector<float>& buffer) {
  const std::size_t width = data.width();
  if (!data.read) return data.features.subspan(first * width, count * width);
  buffer.resize(count * width);
  data.read(first, buffer);
  return buffer;
}

std::vector<float> pooled(std::span<const float> features, const base::Shape& shape) {
  std::int64_t places = 1;
  for (std::size_t d = 1; d < shape.size(); ++d) places *= shape[d];
  if (places == 1) return {features.begin(), features.end()};
  const auto window = static_cast<std::size_t>(places);
  std::vector<float> means(features.size() / window);
  for (std::size_t i = 0; i < means.size(); ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < window; ++k) sum += static_cast<double>(features[i * window + k]);
    means[i] = static_cast<float>(sum / static_cast<double>(places));
  }
  return means;
}

}  // namespace engraft::learn
