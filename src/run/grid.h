// Pictures of a data set laid out as one, with labels: as they are, or as a network sees them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/events.h"
#include "data/dataset.h"
#include "image/grid.h"
#include "transforms/pipeline.h"

namespace engraft::run {

struct GridRequest {
  // What is done to each picture; nothing: they are only shrunk to fit.
  std::optional<transforms::Pipeline> pipeline = {};
  // Whose pictures, where the data set has a split of its own; else any.
  data::Split side = data::Split::kTrain;
  std::string image = {};  // this picture alone (data/find_sample.h), whatever its side
  std::size_t count = 8;   // so many at most, chosen by `seed`
  std::uint64_t seed = 0;
  image::Limits limits = {};
  image::GridOptions layout = {};
};

struct Grid {
  image::Image picture;
  std::size_t pictures = 0;  // in it
};

// Pictures that cannot be read are noted and left out. Throws Error where none can be shown.
Grid draw_grid(const data::Dataset& data, const GridRequest& request, const base::Events& events);

}  // namespace engraft::run
