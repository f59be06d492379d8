// A batch as one picture, as torchvision.utils.make_grid lays it out, with a label under each
// picture.
#pragma once

#include <span>
#include <string>

#include "image/image.h"
#include "image/text.h"

namespace engraft::image {

struct GridOptions {
  int nrow = 8;         // pictures in a row
  int padding = 2;      // pixels around and between, black
  int label_scale = 2;  // 1 where a label does not fit under its picture
};

struct GridCell {
  Image image;             // cells may differ in size: each is centred in the largest cell's extent
  std::string label = {};  // empty for none
  Color label_color{255, 255, 255};
};

// Without labels, the pixels equal make_grid(tensors, nrow, padding). Labels that do not fit are
// shortened with an ellipsis; small pictures stand further apart, so that something of each label
// can be read. Throws Error where there are no cells.
Image make_grid(std::span<const GridCell> cells, GridOptions options = {});

}  // namespace engraft::image
