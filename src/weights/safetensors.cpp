#include "weights/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engraft/error.h"
#include "weights/safetensors_header.h"

namespace engraft::weights {
namespace {

constexpr std::uint64_t kMaxHeader = 100'000'000;  // as the reference implementation

[[noreturn]] void fail(const std::string& name, const std::string& reason) {
  throw Error(fmt::format("{}: no valid safetensors file: {}", name, reason));
}

// Shares the bytes where they are aligned for the type: the format does not promise that they are.
base::Tensor make_tensor(const SafetensorsEntry& entry, const std::shared_ptr<const void>& owner,
                         std::span<const std::byte> data) {
  const auto bytes = data.subspan(static_cast<std::size_t>(entry.begin),
                                  static_cast<std::size_t>(entry.end - entry.begin));
  if (std::bit_cast<std::uintptr_t>(bytes.data()) % base::size_in_bytes(entry.dtype) == 0) {
    return {entry.dtype, entry.shape, owner, bytes};
  }
  base::Tensor tensor(entry.dtype, entry.shape);
  std::ranges::copy(bytes, tensor.mutable_bytes().begin());
  return tensor;
}

std::size_t place_of(base::DType dtype) {
  return static_cast<std::size_t>(
      std::ranges::find(kSafetensorsTypes, dtype, &SafetensorsType::dtype) -
      kSafetensorsTypes.begin());
}

void check_text(const base::Path& path, const std::string& text) {
  if (!base::is_utf8(text)) {
    throw Error(fmt::format("{}: cannot hold the name or text \"{}\": it is not UTF-8",
                            path.string(), base::printable(text)));
  }
}

}  // namespace

WeightFile parse_safetensors(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                             const std::string& name) {
  if (file.size() < 8)
    fail(name, "it is shorter than its header's length field; download it again");
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8U | std::to_integer<std::uint64_t>(file[i]);
  if (length > kMaxHeader) fail(name, fmt::format("it claims a header of {} bytes", length));
  if (length > file.size() - 8) {
    fail(name,
         fmt::format("it is cut off within its header: {} bytes of it are missing; download it "
                     "again",
                     length - (file.size() - 8)));
  }
  const auto header_size = static_cast<std::size_t>(length);
  SafetensorsHeader header;
  try {
    header =
        parse_safetensors_header({reinterpret_cast<const char*>(file.data()) + 8, header_size});
  } catch (const Error& error) {
    fail(name, error.what());
  }
  const auto data = file.subspan(8 + header_size);
  if (header.data_size() > data.size()) {
    fail(name, fmt::format("it is cut off: {} bytes are missing; download it again",
                           header.data_size() - data.size()));
  }
  if (header.data_size() < data.size()) {
    fail(name, fmt::format("{} bytes at its end belong to no tensor; download it again",
                           data.size() - header.data_size()));
  }
  WeightFile result{.metadata = std::move(header.metadata)};
  for (const SafetensorsEntry& entry : header.entries) {
    result.tensors.emplace(entry.name, make_tensor(entry, owner, data));
  }
  return result;
}

WeightFile read_safetensors(const base::Path& path) {
  const base::MappedFile file = base::map_file(path);
  return parse_safetensors(file.bytes, file.owner, path.string());
}

void write_safetensors(const base::Path& path, const base::StateDict& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<base::StateDict::const_pointer> order;
  for (const auto& entry : tensors) {
    check_text(path, entry.first);
    if (entry.first == "__metadata__") {
      throw Error(path.string() + ": a tensor cannot be called __metadata__ in a safetensors file");
    }
    order.push_back(&entry);
  }
  for (const auto& [key, text] : metadata) {
    check_text(path, key);
    check_text(path, text);
  }
  std::ranges::stable_sort(order, {},
                           [](const auto* entry) { return place_of(entry->second.dtype()); });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t place = 0;
  for (const auto* entry : order) {
    const base::Tensor& tensor = entry->second;
    header[entry->first] = {{"dtype", kSafetensorsTypes[place_of(tensor.dtype())].name},
                            {"shape", tensor.shape()},
                            {"data_offsets", {place, place + tensor.bytes().size()}}};
    place += tensor.bytes().size();
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  std::array<std::byte, 8> length{};
  for (std::size_t i = 0; i < 8; ++i) {
    length[i] = static_cast<std::byte>(static_cast<std::uint64_t>(text.size()) >> (8 * i));
  }
  base::AtomicFile file(path);
  file.write(length);
  file.write(text);
  for (const auto* entry : order) file.write(entry->second.bytes());
  file.commit();
}

}  // namespace engraft::weights
