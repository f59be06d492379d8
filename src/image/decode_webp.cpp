#include <fmt/format.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include <cstddef>
#include <memory>

#include "image/decode_formats.h"
#include "image/exif.h"

namespace engraft::image {
namespace {

base::Problem failure(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      return {"cut off"};
    case VP8_STATUS_OUT_OF_MEMORY:
      return {.reason = "there is not enough memory for its pixels", .passing = true};
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return {"a WebP with features that are not read: convert it to JPEG or PNG"};
    default:
      return {"damaged"};
  }
}

int orientation_of(const WebPData& file) {
  const std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> demuxer(WebPDemux(&file),
                                                                         WebPDemuxDelete);
  if (!demuxer) return 1;
  int orientation = 1;
  WebPChunkIterator chunk;
  if (WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk) != 0) {
    orientation = exif_orientation(std::as_bytes(std::span(chunk.chunk.bytes, chunk.chunk.size)));
    WebPDemuxReleaseChunkIterator(&chunk);
  }
  return orientation;
}

// To where its upper left corner is to be in the image, which is large enough.
std::optional<base::Problem> decode_still(const WebPData& file, Image& image, int top, int left) {
  WebPDecoderConfig config;
  WebPInitDecoderConfig(&config);
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = image.row(top) + std::ptrdiff_t{3} * left;
  config.output.u.RGBA.stride = image.width * 3;
  config.output.u.RGBA.size =
      image.pixels.size() - static_cast<std::size_t>(config.output.u.RGBA.rgba - image.row(0));
  const VP8StatusCode status = WebPDecode(file.bytes, file.size, &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) return failure(status);
  return std::nullopt;
}

struct ReleaseFrame {
  void operator()(WebPIterator* frame) const { WebPDemuxReleaseIterator(frame); }
};

// The first frame on its canvas, which is black around it. libwebp's own decoder of animations
// would need two more canvases.
std::optional<base::Problem> decode_animation(const WebPData& file, Image& image) {
  const base::Problem damaged{"an animated WebP that is cut off or damaged"};
  const std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> demuxer(WebPDemux(&file),
                                                                         WebPDemuxDelete);
  WebPIterator first;
  if (!demuxer || WebPDemuxGetFrame(demuxer.get(), 1, &first) == 0) return damaged;
  const std::unique_ptr<WebPIterator, ReleaseFrame> release(&first);
  int width = 0;
  int height = 0;
  if (WebPGetInfo(first.fragment.bytes, first.fragment.size, &width, &height) == 0 ||
      first.x_offset < 0 || first.y_offset < 0 || width > image.width - first.x_offset ||
      height > image.height - first.y_offset) {
    return damaged;
  }
  return decode_still(first.fragment, image, first.y_offset, first.x_offset)
             ? std::optional(damaged)
             : std::nullopt;
}

}  // namespace

base::Expected<StoredImage> decode_webp(FileView file, const DecodeOptions& options) {
  const WebPData data{reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
  WebPBitstreamFeatures features;
  const VP8StatusCode status = WebPGetFeatures(data.bytes, data.size, &features);
  if (status != VP8_STATUS_OK) return failure(status);
  if (auto problem = size_problem(features.width, features.height, options.limits)) return *problem;
  // Four more a pixel where it is lossless.
  const std::int64_t pixels = std::int64_t{features.width} * features.height;
  if (auto problem = memory_problem(pixels, 4 * pixels, options.limits)) return *problem;
  StoredImage result;
  result.image = Image(features.height, features.width);
  const auto problem = features.has_animation != 0 ? decode_animation(data, result.image)
                                                   : decode_still(data, result.image, 0, 0);
  if (problem) return *problem;
  result.orientation = orientation_of(data);
  return result;
}

}  // namespace engraft::image
