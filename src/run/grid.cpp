#include "run/grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/random.h"
#include "data/find_sample.h"
#include "engraft/error.h"
#include "features/features.h"
#include "image/geometry.h"

namespace engraft::run {
namespace {

constexpr int kLargestSide = 224;  // of pictures that are shown as they are

// Indices of samples, in the order in which they are shown.
std::vector<std::size_t> candidates(const data::Dataset& data, const GridRequest& request) {
  if (!request.image.empty()) return {data::find_sample(data, request.image)};
  std::vector<std::size_t> pool = data::samples_of(data, request.side);
  if (pool.empty()) pool = data::samples_of(data, data::Split::kUnassigned);
  std::vector<std::size_t> order;
  for (const std::size_t place : base::Random({request.seed}).permutation(pool.size()))
    order.push_back(pool[place]);
  return order;
}

image::Image shrunk_to_fit(const image::Image& image) {
  const double factor =
      std::min(1.0, kLargestSide / static_cast<double>(std::max(image.height, image.width)));
  return image::resize(image, std::max(1, static_cast<int>(image.height * factor)),
                       std::max(1, static_cast<int>(image.width * factor)));
}

}  // namespace

Grid draw_grid(const data::Dataset& data, const GridRequest& request, const base::Events& events) {
  std::vector<image::GridCell> cells;
  std::string reason;
  for (const std::size_t i : candidates(data, request)) {
    if (cells.size() == request.count) break;
    const data::Sample& sample = data.samples[i];
    base::Expected<image::Image> image =
        features::load_view(data, request.pipeline.value_or(transforms::Pipeline()), {i, 0},
                            request.seed, {.exact = true, .limits = request.limits});
    if (!image) {
      reason = fmt::format("{}: {}", sample.name, image.reason());
      base::note(events, reason + "; it is left out");
      continue;
    }
    cells.push_back({request.pipeline ? *std::move(image) : shrunk_to_fit(*image),
                     data.classes[static_cast<std::size_t>(sample.label)]});
  }
  if (cells.empty()) {
    throw Error(fmt::format("{}: no picture could be read{}{}", data.root.string(),
                            reason.empty() ? "" : ": ", reason));
  }
  return {image::make_grid(cells, request.layout), cells.size()};
}

}  // namespace engraft::run
