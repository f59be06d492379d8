#include <fmt/format.h>
#include <webp/decode.h>
#include <webp/demux.h>

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
      return {"there is not enough memory for its pixels"};
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

std::optional<base::Problem> decode_still(const WebPData& file, Image& image) {
  WebPDecoderConfig config;
  WebPInitDecoderConfig(&config);
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = image.pixels.data();
  config.output.u.RGBA.stride = image.width * 3;
  config.output.u.RGBA.size = image.pixels.size();
  const VP8StatusCode status = WebPDecode(file.bytes, file.size, &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) return failure(status);
  return std::nullopt;
}

// The first frame on its canvas.
std::optional<base::Problem> decode_animation(const WebPData& file, Image& image) {
  WebPAnimDecoderOptions settings;
  WebPAnimDecoderOptionsInit(&settings);
  settings.color_mode = MODE_RGBA;
  const std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(
      WebPAnimDecoderNew(&file, &settings), WebPAnimDecoderDelete);
  WebPAnimInfo info;
  std::uint8_t* rgba = nullptr;
  int timestamp = 0;
  if (!decoder || WebPAnimDecoderGetInfo(decoder.get(), &info) == 0 ||
      static_cast<int>(info.canvas_width) != image.width ||
      static_cast<int>(info.canvas_height) != image.height ||
      WebPAnimDecoderGetNext(decoder.get(), &rgba, &timestamp) == 0) {
    return base::Problem{"an animated WebP that is cut off or damaged"};
  }
  for (std::size_t i = 0; i < image.pixels.size() / 3; ++i) {
    for (std::size_t c = 0; c < 3; ++c) image.pixels[i * 3 + c] = rgba[i * 4 + c];
  }
  return std::nullopt;
}

}  // namespace

base::Expected<StoredImage> decode_webp(FileView file, const DecodeOptions& options) {
  const WebPData data{reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
  WebPBitstreamFeatures features;
  const VP8StatusCode status = WebPGetFeatures(data.bytes, data.size, &features);
  if (status != VP8_STATUS_OK) return failure(status);
  if (auto problem = size_problem(features.width, features.height, options)) return *problem;
  StoredImage result;
  result.image = Image(features.height, features.width);
  const auto problem = features.has_animation != 0 ? decode_animation(data, result.image)
                                                   : decode_still(data, result.image);
  if (problem) return *problem;
  result.orientation = orientation_of(data);
  return result;
}

}  // namespace engraft::image
