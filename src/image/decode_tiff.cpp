#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "image/decode_formats.h"

namespace engraft::image {
namespace {

// A file in memory as libtiff's callbacks want it.
struct TiffSource {
  FileView file;
  std::size_t position = 0;
  char message[256]{};  // the first error's

  static TiffSource& of(void* handle) { return *static_cast<TiffSource*>(handle); }
  static tmsize_t read(void* handle, void* to, tmsize_t count) {
    TiffSource& source = of(handle);
    if (count <= 0 || source.position >= source.file.size()) return 0;
    const std::size_t got =
        std::min(static_cast<std::size_t>(count), source.file.size() - source.position);
    std::memcpy(to, source.file.data() + source.position, got);
    source.position += got;
    return static_cast<tmsize_t>(got);
  }
  static tmsize_t refuse_to_write(void*, void*, tmsize_t) { return 0; }
  static toff_t seek(void* handle, toff_t offset, int whence) {
    TiffSource& source = of(handle);
    const toff_t from = whence == SEEK_CUR   ? source.position
                        : whence == SEEK_END ? source.file.size()
                                             : 0;
    source.position = from + offset;
    return source.position;
  }
  static int close(void*) { return 0; }
  static toff_t size(void* handle) { return of(handle).file.size(); }
  static int keep_error(TIFF*, void* handle, const char*, const char* format, va_list values) {
    TiffSource& source = of(handle);
    if (source.message[0] == '\0') {
      std::vsnprintf(source.message, sizeof source.message, format, values);
    }
    return 1;
  }
  static int ignore_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }
};

struct CloseTiff {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using Tiff = std::unique_ptr<TIFF, CloseTiff>;

Tiff open_tiff(TiffSource& source) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> settings(
      TIFFOpenOptionsAlloc(), TIFFOpenOptionsFree);
  // A strip may hold the whole picture, at 16 bits and with alpha; nothing needs more.
  TIFFOpenOptionsSetMaxSingleMemAlloc(settings.get(), tmsize_t{1} << 31);
  TIFFOpenOptionsSetErrorHandlerExtR(settings.get(), TiffSource::keep_error, &source);
  TIFFOpenOptionsSetWarningHandlerExtR(settings.get(), TiffSource::ignore_warning, nullptr);
  // "m": no memory mapping; there is no file behind this.
  return Tiff(TIFFClientOpenExt("", "rm", &source, TiffSource::read, TiffSource::refuse_to_write,
                                TiffSource::seek, TiffSource::close, TiffSource::size, nullptr,
                                nullptr, settings.get()));
}

// libtiff's conversion of whatever it knows to 8-bit RGBA, for a band of rows at a time.
class RgbaReader {
 public:
  explicit RgbaReader(TIFF* tiff) {
    // Straight alpha would be multiplied into the colours; as "associated" they are left alone.
    std::uint16_t count = 0;
    std::uint16_t* kinds = nullptr;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds);
    premultiplied_ = count > 0 && kinds[0] == EXTRASAMPLE_ASSOCALPHA;
    if (count > 0 && kinds[0] == EXTRASAMPLE_UNASSALPHA) {
      std::vector<std::uint16_t> changed(kinds, kinds + count);
      changed[0] = EXTRASAMPLE_ASSOCALPHA;
      TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, count, changed.data());
    }
    char reason[1024]{};
    ready_ = TIFFRGBAImageBegin(&image_, tiff, 1, reason) != 0;
    if (!ready_) {
      reason_ = reason;
      return;
    }
    image_.orientation = image_.req_orientation = ORIENTATION_TOPLEFT;  // as it is stored
    if (image_.Bitdepth16To8 != nullptr) {
      for (int i = 0; i < 65536; ++i) image_.Bitdepth16To8[i] = static_cast<std::uint8_t>(i >> 8);
    }
  }
  RgbaReader(const RgbaReader&) = delete;
  RgbaReader& operator=(const RgbaReader&) = delete;
  ~RgbaReader() {
    if (ready_) TIFFRGBAImageEnd(&image_);
  }

  bool ready() const { return ready_; }
  const std::string& reason() const { return reason_; }

  bool read(int first_row, int rows, std::vector<std::uint32_t>& rgba) {
    image_.row_offset = first_row;
    image_.col_offset = 0;
    return TIFFRGBAImageGet(&image_, rgba.data(), image_.width, static_cast<std::uint32_t>(rows)) !=
           0;
  }

  void to_rgb(std::uint32_t rgba, std::uint8_t* rgb) const {
    rgb[0] = static_cast<std::uint8_t>(TIFFGetR(rgba));
    rgb[1] = static_cast<std::uint8_t>(TIFFGetG(rgba));
    rgb[2] = static_cast<std::uint8_t>(TIFFGetB(rgba));
    const unsigned alpha = TIFFGetA(rgba);
    if (!premultiplied_ || alpha == 0 || alpha == 255) return;
    for (int c = 0; c < 3; ++c) {
      rgb[c] = static_cast<std::uint8_t>(std::min(255u, rgb[c] * 255u / alpha));
    }
  }

 private:
  TIFFRGBAImage image_{};
  std::string reason_;
  bool ready_ = false;
  bool premultiplied_ = false;
};

// Rows that libtiff unpacks together.
int band_rows(TIFF* tiff, int height) {
  std::uint32_t rows = 0;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &rows);
  if (TIFFIsTiled(tiff) != 0) TIFFGetField(tiff, TIFFTAG_TILELENGTH, &rows);
  return static_cast<int>(std::clamp<std::uint32_t>(rows, 1, static_cast<std::uint32_t>(height)));
}

}  // namespace

base::Expected<StoredImage> decode_tiff(FileView file, const DecodeOptions& options) {
  TiffSource source{file};
  const auto damaged = [&source](const std::string& otherwise) {
    return base::Problem{
        fmt::format("damaged: {}", source.message[0] != '\0' ? source.message : otherwise)};
  };
  const Tiff tiff = open_tiff(source);
  if (!tiff) return damaged("its directory cannot be read");
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  TIFFGetField(tiff.get(), TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff.get(), TIFFTAG_IMAGELENGTH, &height);
  if (auto problem = size_problem(width, height, options.limits)) return *problem;
  std::uint16_t orientation = 1;
  TIFFGetFieldDefaulted(tiff.get(), TIFFTAG_ORIENTATION, &orientation);

  RgbaReader reader(tiff.get());
  if (!reader.ready()) {
    return base::Problem{fmt::format("a TIFF of a kind that is not read: {}", reader.reason())};
  }
  const int band = band_rows(tiff.get(), static_cast<int>(height));
  const std::uint64_t part =
      TIFFIsTiled(tiff.get()) != 0 ? TIFFTileSize64(tiff.get()) : TIFFStripSize64(tiff.get());
  const std::int64_t beside = std::int64_t{4} * width * band +
                              static_cast<std::int64_t>(std::min(part, std::uint64_t{1} << 62U));
  if (auto problem = memory_problem(std::int64_t{width} * height, beside, options.limits)) {
    return *problem;
  }
  StoredImage result;
  result.orientation = orientation;
  result.image = Image(static_cast<int>(height), static_cast<int>(width));
  std::vector<std::uint32_t> rgba(std::size_t{width} * static_cast<std::size_t>(band));
  for (int y = 0; y < result.image.height; y += band) {
    const int rows = std::min(band, result.image.height - y);
    if (!reader.read(y, rows, rgba)) return damaged("its pixels cannot be read");
    std::uint8_t* out = result.image.row(y);
    for (std::size_t i = 0; i < std::size_t{width} * static_cast<std::size_t>(rows); ++i) {
      reader.to_rgb(rgba[i], out + i * 3);
    }
  }
  return result;
}

}  // namespace engraft::image
