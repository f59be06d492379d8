#include "image/encode.h"

#include <fmt/format.h>
#include <png.h>

// jpeglib.h needs these two before it.
#include <cstddef>
#include <cstdio>

#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <string>

#include "engraft/error.h"

namespace engraft::image {
namespace {

void require_pixels(const Image& image, const char* format) {
  if (image.height > 0 && image.width > 0) return;
  throw Error(fmt::format("encode {}: the picture has no pixels ({} × {})", format, image.width,
                          image.height));
}

// libjpeg reports errors by a jump, which must not skip destructors; see JpegReader.
class JpegWriter {
 public:
  JpegWriter() = default;
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;
  ~JpegWriter() {
    jpeg_destroy_compress(&info_);
    std::free(buffer);
  }

  bool write(const Image& image, int quality);

  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  char message[JMSG_LENGTH_MAX]{};

 private:
  static void stop(j_common_ptr common) {
    auto& writer = *static_cast<JpegWriter*>(common->client_data);
    common->err->format_message(common, writer.message);
    std::longjmp(writer.escape_, 1);
  }

  jpeg_compress_struct info_{};
  jpeg_error_mgr errors_{};
  std::jmp_buf escape_{};
};

bool JpegWriter::write(const Image& image, int quality) {
  info_.err = jpeg_std_error(&errors_);
  errors_.error_exit = stop;
  info_.client_data = this;
  if (setjmp(escape_) != 0) {
    buffer = nullptr;  // libjpeg may have replaced it without saying so
    return false;
  }
  jpeg_create_compress(&info_);
  jpeg_mem_dest(&info_, &buffer, &size);
  info_.image_width = static_cast<JDIMENSION>(image.width);
  info_.image_height = static_cast<JDIMENSION>(image.height);
  info_.input_components = 3;
  info_.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info_);
  jpeg_set_quality(&info_, quality, TRUE);
  jpeg_start_compress(&info_, TRUE);
  while (info_.next_scanline < info_.image_height) {
    JSAMPROW row = const_cast<JSAMPROW>(image.row(static_cast<int>(info_.next_scanline)));
    jpeg_write_scanlines(&info_, &row, 1);
  }
  jpeg_finish_compress(&info_);
  return true;
}

}  // namespace

ImageFormat format_by_name(const base::Path& file) {
  const std::string ending = base::lower_extension(file);
  if (ending == ".png") return ImageFormat::kPng;
  if (ending == ".jpg" || ending == ".jpeg") return ImageFormat::kJpeg;
  throw Error(fmt::format("{}: pictures are written as .png, .jpg or .jpeg", file.string()));
}

base::Bytes encode(const Image& image, ImageFormat format) {
  return format == ImageFormat::kJpeg ? encode_jpeg(image) : encode_png(image);
}

base::Bytes encode_jpeg(const Image& image, int quality) {
  require_pixels(image, "JPEG");
  // Asked here, since libjpeg's buffer is lost where it finds an error itself.
  if (image.height > JPEG_MAX_DIMENSION || image.width > JPEG_MAX_DIMENSION) {
    throw Error(fmt::format("encode JPEG: {} × {} pixels; a JPEG has at most {} a side: use PNG",
                            image.width, image.height, JPEG_MAX_DIMENSION));
  }
  JpegWriter writer;
  if (!writer.write(image, std::clamp(quality, 1, 100))) {
    throw Error(fmt::format("encode JPEG: {}", writer.message));
  }
  const auto* begin = reinterpret_cast<const std::byte*>(writer.buffer);
  return base::Bytes(begin, begin + writer.size);
}

base::Bytes encode_png(const Image& image) {
  require_pixels(image, "PNG");
  png_image description{};
  description.version = PNG_IMAGE_VERSION;
  description.width = static_cast<png_uint_32>(image.width);
  description.height = static_cast<png_uint_32>(image.height);
  description.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(description);
  base::Bytes file(size);
  if (png_image_write_to_memory(&description, file.data(), &size, 0, image.pixels.data(), 0,
                                nullptr) == 0) {
    throw Error(fmt::format("encode PNG: {}", description.message));
  }
  file.resize(size);
  return file;
}

}  // namespace engraft::image
