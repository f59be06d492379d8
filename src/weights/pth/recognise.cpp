#include "weights/pth/recognise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "base/text.h"

namespace engraft::weights::pth {
namespace {

using namespace std::string_view_literals;

constexpr const char* kAgain = "the download went wrong: download it again";

// The first bytes as text.
std::string_view beginning(std::span<const std::byte> file, std::size_t most) {
  return {reinterpret_cast<const char*>(file.data()), std::min(file.size(), most)};
}

// A header's length that the file can hold, then JSON.
bool is_safetensors(std::span<const std::byte> file) {
  if (file.size() < 9 || file[8] != std::byte{'{'}) return false;
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8U | std::to_integer<std::uint64_t>(file[i]);
  // A text file's first eight letters are a far larger number than any header's length.
  return length < (std::uint64_t{1} << 40U);
}

bool is_tar(std::span<const std::byte> file) {
  return file.size() >= 512 && beginning(file.subspan(257), 5) == "ustar";
}

// JPEG, PNG, GIF, WebP, BMP, TIFF.
bool is_picture(std::string_view start) {
  for (const auto magic :
       {"\xff\xd8\xff"sv, "\x89PNG\r\n"sv, "GIF8"sv, "BM"sv, "II*\0"sv, "MM\0*"sv}) {
    if (start.starts_with(magic)) return true;
  }
  return start.starts_with("RIFF") &&
         start.substr(std::min<std::size_t>(8, start.size())).starts_with("WEBP");
}

}  // namespace

WeightForm weight_form(std::span<const std::byte> file) {
  if (is_safetensors(file)) return WeightForm::kSafetensors;
  const std::string_view start = beginning(file, 4);
  if (start == "PK\x03\x04"sv) return WeightForm::kPthZip;
  if (is_tar(file)) return WeightForm::kPthTar;
  if (start.starts_with("\x80\x02"sv)) return WeightForm::kPthStream;
  return WeightForm::kOther;
}

std::string not_weights(std::span<const std::byte> file) {
  if (file.empty()) return fmt::format("zero bytes; {}", kAgain);
  const std::string_view start = beginning(file, 256);
  std::string_view text = start;
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (start.starts_with("\x89HDF"sv)) {
    return "an HDF5 file (Keras), not PyTorch weights; .pth and .safetensors are read";
  }
  if (text.starts_with("<")) return fmt::format("a web page, not weights; {}", kAgain);
  if (text.starts_with("version https://git-lfs")) {
    return "only Git LFS's reference to the weights; fetch them with `git lfs pull`";
  }
  if (is_picture(start)) {
    return "a picture, not weights; the model comes first: engraft predict MODEL IMAGE...";
  }
  if (start.starts_with("\x1f\x8b"sv)) return "compressed with gzip; unpack it first (gunzip)";
  if (start.size() > 1 && start[0] == '\x80') {
    return fmt::format(
        "a Python pickle of protocol {}, which torch.save does not write; save a "
        "state_dict() with torch.save",
        static_cast<int>(start[1]));
  }
  if (std::ranges::all_of(file, [](std::byte b) { return b == std::byte{0}; })) {
    return fmt::format("nothing but zeros; {}", kAgain);
  }
  const std::string_view shown = start.substr(0, 16);
  const bool readable = base::printable(shown) == shown;
  return fmt::format("neither .pth nor .safetensors by its content{}",
                     readable ? fmt::format(" (it begins with \"{}\")", shown) : "");
}

}  // namespace engraft::weights::pth
