#include <fmt/format.h>
#include <png.h>

#include <cstring>

#include "image/decode_formats.h"
#include "image/exif.h"

namespace engraft::image {
namespace {

constexpr std::size_t kSignatureBytes = 8;
constexpr std::size_t kMaxChunkBytes = 8'000'000;

// libpng reports errors by a jump: see JpegReader about what that asks of these members.
class PngReader {
 public:
  explicit PngReader(FileView file) : rest(file) {}
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }

  bool read_header();
  bool start();  // asks for 8-bit RGB
  bool read_rows(std::uint8_t* pixels);

  png_structp png = nullptr;
  png_infop info = nullptr;
  bool ended = false;  // libpng wanted more than the file has
  char message[128]{};

 private:
  static void stop(png_structp png, png_const_charp text);
  static void ignore(png_structp, png_const_charp) {}
  static void read(png_structp png, png_bytep to, std::size_t bytes);

  FileView rest;
};

void PngReader::stop(png_structp png, png_const_charp text) {
  auto& reader = *static_cast<PngReader*>(png_get_error_ptr(png));
  std::strncpy(reader.message, text, sizeof reader.message - 1);
  png_longjmp(png, 1);
}

void PngReader::read(png_structp png, png_bytep to, std::size_t bytes) {
  auto& reader = *static_cast<PngReader*>(png_get_io_ptr(png));
  if (bytes > reader.rest.size()) {
    reader.ended = true;
    png_error(png, "cut off");
  }
  std::memcpy(to, reader.rest.data(), bytes);
  reader.rest = reader.rest.subspan(bytes);
}

bool PngReader::read_header() {
  png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, stop, ignore);
  if (png == nullptr) return false;
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  info = png_create_info_struct(png);
  if (info == nullptr) return false;
  png_set_read_fn(png, this, read);
  // Our own limit is on pixels; a chunk's is against small files that unpack to gigabytes.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_chunk_malloc_max(png, kMaxChunkBytes);
  static constexpr png_byte kUnused[] = "iCCP\0tEXt\0zTXt\0iTXt\0sPLT\0eXIf\0hIST";
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, kUnused, sizeof kUnused / 5);
  png_read_info(png, info);
  return true;
}

bool PngReader::start() {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_palette_to_rgb(png);
  png_set_expand_gray_1_2_4_to_8(png);
  png_set_gray_to_rgb(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  return png_get_rowbytes(png, info) == std::size_t{3} * png_get_image_width(png, info);
}

bool PngReader::read_rows(std::uint8_t* pixels) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  const std::size_t row_bytes = png_get_rowbytes(png, info);
  const int passes = png_get_interlace_type(png, info) == PNG_INTERLACE_ADAM7 ? 7 : 1;
  for (int pass = 0; pass < passes; ++pass) {
    for (png_uint_32 y = 0; y < png_get_image_height(png, info); ++y) {
      png_read_row(png, pixels + y * row_bytes, nullptr);
    }
  }
  return true;
}

std::size_t big_endian_u32(FileView bytes) {
  std::size_t value = 0;
  for (const std::byte byte : bytes.first(4)) value = value << 8 | std::to_integer<unsigned>(byte);
  return value;
}

// From the eXIf chunk, which may stand before the pixels or after them.
int orientation_of(FileView file) {
  FileView rest = file.subspan(kSignatureBytes);
  while (rest.size() >= 12) {
    const std::size_t length = big_endian_u32(rest);
    if (length > rest.size() - 12) break;
    if (std::memcmp(rest.data() + 4, "eXIf", 4) == 0) {
      return exif_orientation(rest.subspan(8, length));
    }
    rest = rest.subspan(12 + length);
  }
  return 1;
}

}  // namespace

base::Expected<StoredImage> decode_png(FileView file, const DecodeOptions& options) {
  PngReader reader(file);
  const auto failure = [&reader] {
    if (reader.ended) return base::Problem{"cut off"};
    return base::Problem{fmt::format("damaged: {}", reader.message)};
  };
  if (!reader.read_header()) return failure();
  const std::int64_t width = png_get_image_width(reader.png, reader.info);
  const std::int64_t height = png_get_image_height(reader.png, reader.info);
  if (auto problem = size_problem(width, height, options.limits)) return *problem;
  if (auto problem = memory_problem(width * height, 0, options.limits)) return *problem;
  if (!reader.start()) return failure();
  StoredImage result;
  result.image = Image(static_cast<int>(height), static_cast<int>(width));
  if (!reader.read_rows(result.image.pixels.data())) return failure();
  result.orientation = orientation_of(file);
  return result;
}

}  // namespace engraft::image
