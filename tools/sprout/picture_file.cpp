#include "picture_file.h"

#include <fmt/format.h>

#include <fstream>

#include "engraft/error.h"

namespace engraft::sprout {

void write_npy(const std::filesystem::path& path, std::string_view type, const std::string& shape,
               std::span<const char> bytes) {
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, shape);
  header.resize((10 + header.size() + 64) / 64 * 64 - 11, ' ');  // the data begin at 64 bytes
  header += '\n';
  std::ofstream file(path, std::ios::binary);
  file.write("\x93NUMPY\x01\x00", 8);
  const auto length = static_cast<std::uint16_t>(header.size());
  file.put(static_cast<char>(length & 255U)).put(static_cast<char>(length >> 8));
  file << header;
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) {
    throw Error(fmt::format("{}: cannot be written; is the folder there, and the disk not full?",
                            path.string()));
  }
}

}  // namespace engraft::sprout
