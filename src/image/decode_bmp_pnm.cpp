// BMP and PNM through TurboJPEG's loader, which reads from a path only: the bytes go to a file that
// exists in memory alone. The header is read here first, so that only what the loader can read, and
// of a size that we accept, gets there.
#include <fmt/format.h>
#include <sys/mman.h>
#include <turbojpeg.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "image/decode_formats.h"

namespace engraft {
namespace {

// An anonymous file with the given content.
class MemoryFile {
 public:
  explicit MemoryFile(FileView content) : descriptor_(::memfd_create("picture", MFD_CLOEXEC)) {
    while (descriptor_ >= 0 && !content.empty()) {
      const ssize_t written = ::write(descriptor_, content.data(), content.size());
      if (written <= 0) return;
      content = content.subspan(static_cast<std::size_t>(written));
    }
    complete_ = descriptor_ >= 0;
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  bool complete() const { return complete_; }
  std::string path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

 private:
  int descriptor_;
  bool complete_ = false;
};

Expected<StoredImage> load(FileView file, std::int64_t width, std::int64_t height,
                           TJPF pixel_format) {
  const MemoryFile memory(file);
  if (!memory.complete()) return Problem{"there is no memory for a copy of it"};
  int loaded_width = 0;
  int loaded_height = 0;
  int format = pixel_format;
  const std::unique_ptr<unsigned char, decltype(&tjFree)> pixels(
      tjLoadImage(memory.path().c_str(), &loaded_width, 1, &loaded_height, &format, 0), tjFree);
  if (!pixels) {
    const std::string_view reason = tjGetErrorStr2(nullptr);
    if (reason.find("end of") != reason.npos) return Problem{"cut off"};
    return Problem{fmt::format("damaged: {}", reason)};
  }
  if (loaded_width != width || loaded_height != height) return Problem{"damaged: its header"};
  StoredImage result;
  result.image = Image(loaded_height, loaded_width);
  std::vector<std::uint8_t>& out = result.image.pixels;
  const bool grey = pixel_format == TJPF_GRAY;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = pixels.get()[grey ? i / 3 : i];
  return result;
}

std::uint32_t little_endian(FileView file, std::size_t offset, std::size_t bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes; i-- > 0;) {
    value = value << 8 | std::to_integer<std::uint32_t>(file[offset + i]);
  }
  return value;
}

// The next number of a PNM header, after blanks and comments; -1 where there is none.
std::int64_t next_number(std::string_view& text) {
  while (!text.empty() && (std::isspace(static_cast<unsigned char>(text[0])) || text[0] == '#')) {
    text.remove_prefix(text[0] == '#' ? std::min(text.find('\n'), text.size()) : 1);
  }
  std::int64_t number = -1;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    number = std::max<std::int64_t>(number, 0) * 10 + (text[0] - '0');
    if (number > INT32_MAX) return -1;
    text.remove_prefix(1);
  }
  return number;
}

}  // namespace

Expected<StoredImage> decode_bmp(FileView file, const DecodeOptions& options) {
  constexpr std::size_t kFileHeader = 14;
  constexpr std::size_t kOldHeader = 12;  // OS/2's, with sizes of 16 bits
  if (file.size() < kFileHeader + kOldHeader) return Problem{"cut off in its header"};
  const std::uint32_t header = little_endian(file, kFileHeader, 4);
  if (header != kOldHeader && header < 40) return Problem{"damaged: its header"};
  if (file.size() - kFileHeader < header) return Problem{"cut off in its header"};
  const bool old = header == kOldHeader;
  const std::int64_t width =
      old ? little_endian(file, 18, 2) : static_cast<std::int32_t>(little_endian(file, 18, 4));
  const std::int64_t height =
      old ? little_endian(file, 20, 2) : static_cast<std::int32_t>(little_endian(file, 22, 4));
  const std::uint32_t bits = little_endian(file, old ? 24 : 28, 2);
  const std::uint32_t compression = old ? 0 : little_endian(file, 30, 4);
  if (auto problem = size_problem(width, std::abs(height), options)) return *problem;
  if ((bits != 8 && bits != 24 && bits != 32) || compression != 0 || height < 0) {
    return Problem{fmt::format("a BMP of {} bits a pixel{}{}, which is not read: convert it to PNG",
                               bits, compression != 0 ? ", packed" : "",
                               height < 0 ? ", from top to bottom" : "")};
  }
  return load(file, width, height, TJPF_RGB);
}

Expected<StoredImage> decode_pnm(FileView file, const DecodeOptions& options) {
  std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  const char kind = text[1];
  if (kind == '1' || kind == '4' || kind == '7') {
    return Problem{fmt::format("a P{} picture, which is not read: convert it to PNG", kind)};
  }
  text.remove_prefix(2);
  const std::int64_t width = next_number(text);
  const std::int64_t height = next_number(text);
  const std::int64_t maximum = next_number(text);
  if (width < 0 || height < 0 || maximum < 1 || maximum > 65535) {
    return Problem{text.empty() ? "cut off in its header" : "damaged: its header"};
  }
  if (auto problem = size_problem(width, height, options)) return *problem;
  return load(file, width, height, kind == '2' || kind == '5' ? TJPF_GRAY : TJPF_RGB);
}

}  // namespace engraft
