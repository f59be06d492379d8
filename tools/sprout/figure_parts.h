// What the figures are made of: filled outlines and strokes, in a figure's own coordinates between
// -1 and 1.
#pragma once

#include <vector>

#include "base/random.h"
#include "demo/draw.h"
#include "figures.h"

namespace engraft::sprout {

using Path = std::vector<demo::Point>;

struct Stroke {
  Path path;
  float from = 0;  // its width at the beginning
  float to = 0;    // and at the end
};

struct Parts {
  std::vector<Path> outlines;
  std::vector<Stroke> strokes;
};

// The figures that are an outline or a few; a disc for all others.
Parts outlined_figure(Figure figure, base::Random& random);

// The figures composed of many outlines and strokes; nothing for all others.
Parts composed_figure(Figure figure, base::Random& random);

}  // namespace engraft::sprout
