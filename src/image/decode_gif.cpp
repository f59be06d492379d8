#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "image/decode_formats.h"

namespace engraft::image {
namespace {

struct CloseGif {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};
using Gif = std::unique_ptr<GifFileType, CloseGif>;

int read_bytes(GifFileType* gif, GifByteType* to, int count) {
  FileView& rest = *static_cast<FileView*>(gif->UserData);
  const std::size_t got = std::min(rest.size(), static_cast<std::size_t>(std::max(count, 0)));
  std::copy_n(reinterpret_cast<const GifByteType*>(rest.data()), got, to);
  rest = rest.subspan(got);
  return static_cast<int>(got);
}

base::Problem failure(int error) {
  if (error == D_GIF_ERR_READ_FAILED || error == D_GIF_ERR_EOF_TOO_SOON) return {"cut off"};
  const char* text = GifErrorString(error);
  return {fmt::format("damaged: {}", text != nullptr ? text : "no reason given")};
}

// Reads on to the first frame's description. The transparent colour's index goes to `transparent`.
std::optional<base::Problem> find_first_frame(GifFileType* gif, int& transparent) {
  for (;;) {
    GifRecordType record = UNDEFINED_RECORD_TYPE;
    if (DGifGetRecordType(gif, &record) == GIF_ERROR) return failure(gif->Error);
    if (record == TERMINATE_RECORD_TYPE) return base::Problem{"has no frames"};
    if (record == IMAGE_DESC_RECORD_TYPE) {
      if (DGifGetImageDesc(gif) == GIF_ERROR) return failure(gif->Error);
      return std::nullopt;
    }
    int code = 0;
    GifByteType* block = nullptr;
    if (DGifGetExtension(gif, &code, &block) == GIF_ERROR) return failure(gif->Error);
    while (block != nullptr) {
      GraphicsControlBlock control;
      if (code == GRAPHICS_EXT_FUNC_CODE &&
          DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK) {
        transparent = control.TransparentColor;
      }
      if (DGifGetExtensionNext(gif, &block) == GIF_ERROR) return failure(gif->Error);
    }
  }
}

// Indices that the file's palette does not have are shades of grey, as in PIL.
std::array<std::array<std::uint8_t, 3>, 256> palette_of(const GifFileType& gif) {
  std::array<std::array<std::uint8_t, 3>, 256> palette;
  for (std::size_t i = 0; i < palette.size(); ++i) palette[i].fill(static_cast<std::uint8_t>(i));
  const ColorMapObject* map = gif.Image.ColorMap != nullptr ? gif.Image.ColorMap : gif.SColorMap;
  if (map == nullptr) return palette;
  for (int i = 0; i < std::min(map->ColorCount, 256); ++i) {
    const GifColorType& color = map->Colors[i];
    palette[static_cast<std::size_t>(i)] = {color.Red, color.Green, color.Blue};
  }
  return palette;
}

// The frame's rows in the order in which they are stored.
std::vector<int> row_order(int height, bool interlaced) {
  std::vector<int> order;
  order.reserve(static_cast<std::size_t>(height));
  constexpr std::array kPasses{std::pair{0, 8}, std::pair{4, 8}, std::pair{2, 4}, std::pair{1, 2}};
  if (!interlaced) {
    for (int y = 0; y < height; ++y) order.push_back(y);
    return order;
  }
  for (const auto& [first, step] : kPasses) {
    for (int y = first; y < height; y += step) order.push_back(y);
  }
  return order;
}

}  // namespace

base::Expected<StoredImage> decode_gif(FileView file, const DecodeOptions& options) {
  FileView rest = file;
  int error = 0;
  const Gif gif(DGifOpen(&rest, read_bytes, &error));
  if (!gif) return failure(error);
  int transparent = NO_TRANSPARENT_COLOR;
  if (auto problem = find_first_frame(gif.get(), transparent)) return *problem;

  // A frame that reaches beyond its screen enlarges it, as in PIL.
  const GifImageDesc& frame = gif->Image;
  const int width = std::max(gif->SWidth, frame.Left + frame.Width);
  const int height = std::max(gif->SHeight, frame.Top + frame.Height);
  if (auto problem = size_problem(width, height, options.limits)) return *problem;
  if (auto problem = memory_problem(std::int64_t{width} * height, 0, options.limits))
    return *problem;
  if (frame.Width <= 0 || frame.Height <= 0) return base::Problem{"has no pixels"};

  const auto palette = palette_of(*gif);
  StoredImage result;
  result.image = Image(height, width);
  const auto& background = palette[static_cast<std::size_t>(std::max(transparent, 0))];
  for (std::size_t i = 0; i < result.image.pixels.size(); ++i) {
    result.image.pixels[i] = background[i % 3];
  }
  std::vector<GifPixelType> line(static_cast<std::size_t>(frame.Width));
  for (const int y : row_order(frame.Height, frame.Interlace)) {
    if (DGifGetLine(gif.get(), line.data(), frame.Width) == GIF_ERROR) return failure(gif->Error);
    std::uint8_t* out = result.image.row(frame.Top + y) + std::ptrdiff_t{3} * frame.Left;
    for (const GifPixelType index : line) out = std::ranges::copy(palette[index], out).out;
  }
  return result;
}

}  // namespace engraft::image
