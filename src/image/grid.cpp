#include "image/grid.h"

#include <algorithm>
#include <cstring>

#include "engraft/error.h"

namespace engraft::image {
namespace {

void paste(const Image& from, Image& to, int top, int left) {
  for (int y = 0; y < from.height; ++y) {
    std::memcpy(to.row(top + y) + std::ptrdiff_t{3} * left, from.row(y),
                static_cast<std::size_t>(from.width) * 3);
  }
}

// So many characters of a label are shown at least.
constexpr int kLeastCharacters = 8;

bool fit(std::span<const GridCell> cells, int width, int scale) {
  return std::ranges::all_of(
      cells, [&](const GridCell& cell) { return text_size(cell.label, scale).width <= width; });
}

// Wide enough for what is to be shown of each label.
int label_width(std::span<const GridCell> cells, int scale) {
  const int least = text_size(std::string(kLeastCharacters, 'x'), scale).width;
  int width = 0;
  for (const GridCell& cell : cells)
    width = std::max(width, std::min(least, text_size(cell.label, scale).width));
  return width;
}

}  // namespace

Image make_grid(std::span<const GridCell> cells, GridOptions options) {
  if (cells.empty()) throw Error("make_grid: there are no pictures to lay out");
  if (options.nrow < 1 || options.padding < 0 || options.label_scale < 1) {
    throw Error("make_grid: nrow and label_scale must be at least 1, padding at least 0");
  }
  const bool labelled =
      std::ranges::any_of(cells, [](const GridCell& cell) { return !cell.label.empty(); });
  // torchvision gives a single picture back as it is.
  if (cells.size() == 1 && !labelled) return cells.front().image;

  int picture_height = 0;
  int picture_width = 0;
  for (const GridCell& cell : cells) {
    picture_height = std::max(picture_height, cell.image.height);
    picture_width = std::max(picture_width, cell.image.width);
  }
  const int scale = fit(cells, picture_width, options.label_scale) ? options.label_scale : 1;
  const int cell_width = std::max(picture_width, label_width(cells, scale));
  const int gap = 2 * scale;
  const int label_height = labelled ? gap + text_size("", scale).height : 0;
  const int count = static_cast<int>(cells.size());
  const int columns = std::min(options.nrow, count);
  const int rows = (count + columns - 1) / columns;
  const int row_step = picture_height + label_height + options.padding;
  const int column_step = cell_width + options.padding;

  Image grid(rows * row_step + options.padding, columns * column_step + options.padding);
  for (int i = 0; i < count; ++i) {
    const auto& [image, label, color] = cells[static_cast<std::size_t>(i)];
    const int top = options.padding + i / columns * row_step;
    const int left = options.padding + i % columns * column_step;
    paste(image, grid, top + (picture_height - image.height) / 2,
          left + (cell_width - image.width) / 2);
    const std::string shown = fit_text(label, cell_width, scale);
    const int shown_width = text_size(shown, scale).width;
    draw_text(grid, top + picture_height + gap, left + (cell_width - shown_width) / 2, shown, color,
              scale);
  }
  return grid;
}

}  // namespace engraft::image
