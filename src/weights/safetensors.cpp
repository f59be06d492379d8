#include "weights/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <set>
#include <vector>

#include <nlohmann/json.hpp>

#include "engraft/error.h"

namespace engraft {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxHeader = 100'000'000;  // as the reference implementation
constexpr std::size_t kMaxDimensions = 16;

struct TypeName {
  DType dtype;
  const char* name;
};
constexpr std::array<TypeName, 10> kTypes = {{{DType::kFloat64, "F64"},
                                              {DType::kInt64, "I64"},
                                              {DType::kFloat32, "F32"},
                                              {DType::kInt32, "I32"},
                                              {DType::kFloat16, "F16"},
                                              {DType::kBFloat16, "BF16"},
                                              {DType::kInt16, "I16"},
                                              {DType::kUInt8, "U8"},
                                              {DType::kInt8, "I8"},
                                              {DType::kBool, "BOOL"}}};

const char* type_name(DType dtype) {
  return std::find_if(kTypes.begin(), kTypes.end(),
                      [&](const TypeName& type) { return type.dtype == dtype; })
      ->name;
}

// One tensor's entry in the header.
struct Entry {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;
  std::uint64_t begin = 0;  // in the bytes after the header
  std::uint64_t end = 0;
};

class Parser {
 public:
  Parser(std::span<const std::byte> file, std::shared_ptr<const void> owner,
         const std::string& name)
      : file_(file), owner_(std::move(owner)), name_(name) {}

  WeightFile run() {
    const json header = parse_header();
    WeightFile result;
    std::vector<Entry> entries;
    for (const auto& [key, value] : header.items()) {
      if (key == "__metadata__") {
        read_metadata(value, result.metadata);
      } else {
        entries.push_back(read_entry(key, value));
      }
    }
    check_tiling(entries);
    for (const Entry& entry : entries) result.tensors.emplace(entry.name, make_tensor(entry));
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(fmt::format("{}: no valid safetensors file: {}", name_, reason));
  }

  json parse_header() {
    if (file_.size() < 8) fail("it is shorter than its header's length field");
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      length |= std::to_integer<std::uint64_t>(file_[i]) << (8 * i);
    }
    if (length > kMaxHeader) fail(fmt::format("it claims a header of {} bytes", length));
    if (length > file_.size() - 8) {
      fail(fmt::format("it is cut off within its header ({} bytes of {}); fetch it again",
                       file_.size() - 8, length));
    }
    data_ = file_.subspan(8 + static_cast<std::size_t>(length));
    const auto* text = reinterpret_cast<const char*>(file_.data()) + 8;
    if (length == 0 || *text != '{') fail("its header does not begin with {");
    // The last of two equal keys would win silently: refuse them.
    std::vector<std::set<std::string>> keys;
    std::string repeated;
    const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
      if (depth > 4) throw Error(name_ + ": no valid safetensors file: its header is nested too deep");
      if (event == json::parse_event_t::object_start) keys.emplace_back();
      if (event == json::parse_event_t::object_end) keys.pop_back();
      if (event == json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
        repeated = parsed.get<std::string>();
      }
      return true;
    };
    try {
      json header = json::parse(text, text + length, watch);
      if (!repeated.empty()) fail(fmt::format("\"{}\" stands twice in its header", repeated));
      return header;
    } catch (const json::exception& error) {
      fail(fmt::format("its header is damaged: {}", error.what()));
    }
  }

  void read_metadata(const json& value, std::map<std::string, std::string>& metadata) const {
    if (!value.is_object()) fail("its metadata are no object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail(fmt::format("its metadata \"{}\" are no text", key));
      metadata[key] = text;
    }
  }

  Entry read_entry(const std::string& name, const json& value) const {
    Entry entry{.name = name};
    try {
      const std::string type = value.at("dtype");
      const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                      [&](const TypeName& one) { return type == one.name; });
      if (found == kTypes.end()) fail(fmt::format("{}: the type {} is not read here", name, type));
      entry.dtype = found->dtype;
      const json& shape = value.at("shape");
      const json& offsets = value.at("data_offsets");
      if (!shape.is_array() || shape.size() > kMaxDimensions || !offsets.is_array() ||
          offsets.size() != 2) {
        fail(name + ": its shape or place is no list of numbers");
      }
      for (const json& extent : shape) entry.shape.push_back(count(extent, name));
      entry.begin = static_cast<std::uint64_t>(count(offsets[0], name));
      entry.end = static_cast<std::uint64_t>(count(offsets[1], name));
    } catch (const json::exception& error) {
      fail(fmt::format("{}: {}", name, error.what()));
    }
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(static_cast<std::uint64_t>(element_count(entry.shape)),
                               static_cast<std::uint64_t>(size_in_bytes(entry.dtype)), &bytes) ||
        entry.end < entry.begin || entry.end - entry.begin != bytes) {
      fail(fmt::format("{}: a {} tensor of shape {} does not fill the bytes {} to {}", name,
                       to_string(entry.dtype), to_string(entry.shape), entry.begin, entry.end));
    }
    return entry;
  }

  std::int64_t count(const json& value, const std::string& name) const {
    if (!value.is_number_unsigned() ||
        value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
      fail(name + ": a size or place is no count");
    }
    return value;
  }

  // No hole, no overlap, nothing left over.
  void check_tiling(std::vector<Entry>& entries) const {
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::uint64_t place = 0;
    for (const Entry& entry : entries) {
      if (entry.begin != place) {
        fail(fmt::format("{}: its bytes begin at {} instead of {}", entry.name, entry.begin, place));
      }
      place = entry.end;
    }
    if (place > data_.size()) {
      fail(fmt::format("it is cut off: {} bytes are missing; fetch it again", place - data_.size()));
    }
    if (place < data_.size()) {
      fail(fmt::format("{} bytes at its end belong to no tensor", data_.size() - place));
    }
  }

  Tensor make_tensor(const Entry& entry) const {
    const auto bytes = data_.subspan(static_cast<std::size_t>(entry.begin),
                                     static_cast<std::size_t>(entry.end - entry.begin));
    const bool aligned =
        std::bit_cast<std::uintptr_t>(bytes.data()) % size_in_bytes(entry.dtype) == 0;
    if (aligned) return {entry.dtype, entry.shape, owner_, bytes};
    Tensor tensor(entry.dtype, entry.shape);
    std::copy(bytes.begin(), bytes.end(), tensor.mutable_bytes().begin());
    return tensor;
  }

  std::span<const std::byte> file_;
  std::shared_ptr<const void> owner_;
  const std::string& name_;
  std::span<const std::byte> data_;
};

}  // namespace

WeightFile parse_safetensors(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                             const std::string& name) {
  return Parser(file, std::move(owner), name).run();
}

WeightFile read_safetensors(const Path& path) {
  const MappedFile file = map_file(path);
  return parse_safetensors(file.bytes, file.owner, path.string());
}

void write_safetensors(const Path& path, const StateDict& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<StateDict::const_pointer> order;
  for (const auto& entry : tensors) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return size_in_bytes(a->second.dtype()) > size_in_bytes(b->second.dtype());
  });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t place = 0;
  for (const auto* entry : order) {
    const Tensor& tensor = entry->second;
    header[entry->first] = {{"dtype", type_name(tensor.dtype())},
                            {"shape", tensor.shape()},
                            {"data_offsets", {place, place + tensor.bytes().size()}}};
    place += tensor.bytes().size();
  }
  std::string text = header.dump(-1, ' ', false, json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');
  std::array<std::byte, 8> length{};
  for (std::size_t i = 0; i < 8; ++i) {
    length[i] = static_cast<std::byte>(static_cast<std::uint64_t>(text.size()) >> (8 * i));
  }
  AtomicFile file(path);
  file.write(length);
  file.write(text);
  for (const auto* entry : order) file.write(entry->second.bytes());
  file.commit();
}

}  // namespace engraft
