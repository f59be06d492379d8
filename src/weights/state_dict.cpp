#include "weights/state_dict.h"

#include "weights/pth.h"
#include "weights/safetensors.h"

namespace engraft {
namespace {

// A safetensors header is JSON after its length; no form of .pth has a { there.
bool is_safetensors(std::span<const std::byte> file) {
  return file.size() > 8 && file[8] == std::byte{'{'};
}

}  // namespace

WeightFile read_weights(const Path& path) {
  const MappedFile file = map_file(path);
  if (is_safetensors(file.bytes) || path.extension() == ".safetensors") {
    return parse_safetensors(file.bytes, file.owner, path.string());
  }
  return {parse_pth(file.bytes, file.owner, path.string()), {}};
}

}  // namespace engraft
