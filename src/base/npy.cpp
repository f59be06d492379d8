#include "base/npy.h"

#include <fmt/format.h>

#include <cstdint>

namespace engraft::base {

void write_npy(const Path& path, const Tensor& tensor) {
  write_npy(path, tensor.floats(), tensor.shape());
}

void write_npy(const Path& path, std::span<const float> values, const Shape& shape) {
  std::string extents;
  for (const std::int64_t extent : shape) extents += fmt::format("{}, ", extent);
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", extents);
  // Magic, version, length and header together end on a multiple of 64.
  constexpr std::size_t kFront = 10;
  header.append(63 - (kFront + header.size()) % 64, ' ');
  header += '\n';
  AtomicFile file(path);
  file.write(std::string_view("\x93NUMPY\x01\x00", 8));
  const char length[2] = {static_cast<char>(header.size() & 0xffU),
                          static_cast<char>(header.size() >> 8U)};
  file.write(std::string_view(length, 2));
  file.write(header);
  file.write(std::as_bytes(values));
  file.commit();
}

}  // namespace engraft::base
