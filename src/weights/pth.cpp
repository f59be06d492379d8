#include "weights/pth.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "engraft/error.h"
#include "weights/pth_forms.h"

namespace engraft {
namespace {

bool begins_with(std::span<const std::byte> file, std::string_view magic) {
  return file.size() >= magic.size() && std::memcmp(file.data(), magic.data(), magic.size()) == 0;
}

bool is_tar(std::span<const std::byte> file) {
  return file.size() >= 512 && std::memcmp(file.data() + 257, "ustar", 5) == 0;
}

const std::string* text_of(const Pickle& pickle, ObjectId id) {
  return std::get_if<std::string>(&pickle.objects[id]);
}

// Whether the strides are those of a dense row-major array.
bool is_contiguous(const PickledTensor& tensor) {
  std::int64_t expected = 1;
  for (std::size_t i = tensor.shape.size(); i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != expected) return false;
    expected *= tensor.shape[i];
  }
  return true;
}

void gather(const PickledTensor& tensor, std::size_t item, const std::byte* source,
            std::byte* target) {
  std::vector<std::int64_t> index(tensor.shape.size(), 0);
  const std::int64_t count = element_count(tensor.shape);
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t place = tensor.offset;
    for (std::size_t d = 0; d < index.size(); ++d) place += index[d] * tensor.strides[d];
    std::memcpy(target + static_cast<std::size_t>(i) * item,
                source + static_cast<std::size_t>(place) * item, item);
    for (std::size_t d = index.size(); d-- > 0;) {
      if (++index[d] < tensor.shape[d]) break;
      index[d] = 0;
    }
  }
}

// The dictionary that holds the tensors: the root, or what it keeps under a usual key.
const PickledDict& find_tensors(const Pickle& pickle, const std::string& name) {
  const auto* root = std::get_if<PickledDict>(&pickle.objects[pickle.root]);
  if (root == nullptr) {
    throw Error(name + ": holds no dictionary of tensors; save model.state_dict(), not the model");
  }
  for (const auto& [key, value] : root->items) {
    const std::string* text = text_of(pickle, key);
    const auto* inner = std::get_if<PickledDict>(&pickle.objects[value]);
    if (text != nullptr && inner != nullptr && (*text == "state_dict" || *text == "model")) {
      return *inner;
    }
  }
  return *root;
}

}  // namespace

Tensor make_tensor(const PickledTensor& description, DType dtype, const StorageBytes& storage,
                   const std::string& name) {
  const std::size_t item = size_in_bytes(dtype);
  const auto available = static_cast<std::int64_t>(storage.bytes.size() / item);
  const auto fail = [&](const std::string& reason) {
    throw Error(fmt::format("{}: a tensor of shape {} {}", name, to_string(description.shape),
                            reason));
  };
  if (description.strides.size() != description.shape.size()) fail("has strides for another shape");
  const std::int64_t count = element_count(description.shape);
  // The farthest element, in checked arithmetic.
  std::int64_t last = description.offset;
  bool overflow = description.offset < 0;
  for (std::size_t d = 0; d < description.shape.size() && count > 0; ++d) {
    std::int64_t reach = 0;
    overflow = overflow || description.strides[d] < 0 ||
               __builtin_mul_overflow(description.shape[d] - 1, description.strides[d], &reach) ||
               __builtin_add_overflow(last, reach, &last);
  }
  if (overflow || (count > 0 && last >= available)) fail("reaches beyond its storage");
  // Strides of 0 repeat elements: a small file could ask for any amount of memory.
  if (count > std::max<std::int64_t>(available, 1)) fail("is larger than its storage");

  const auto offset = static_cast<std::size_t>(description.offset) * item;
  if (count > 0 && is_contiguous(description) &&
      std::bit_cast<std::uintptr_t>(storage.bytes.data() + offset) % item == 0) {
    return {dtype, description.shape, storage.owner,
            storage.bytes.subspan(offset, static_cast<std::size_t>(count) * item)};
  }
  Tensor tensor(dtype, description.shape);
  gather(description, item, storage.bytes.data(), tensor.mutable_bytes().data());
  return tensor;
}

StateDict tensors_of(const Pickle& pickle, const Storages& storages, const std::string& name) {
  StateDict result;
  for (const auto& [key, value] : find_tensors(pickle, name).items) {
    const std::string* text = text_of(pickle, key);
    const auto* tensor = std::get_if<PickledTensor>(&pickle.objects[value]);
    if (text == nullptr || tensor == nullptr) continue;
    const auto& storage = std::get<PickledStorage>(pickle.objects[tensor->storage]);
    const auto found = storages.find(storage.key);
    if (found == storages.end()) throw Error(fmt::format("{}: lacks the numbers of {}", name, *text));
    const std::size_t item = size_in_bytes(storage.dtype);
    if (found->second.bytes.size() / item != storage.elements ||
        found->second.bytes.size() % item != 0) {
      throw Error(fmt::format("{}: {} has {} bytes where {} numbers are declared", name, *text,
                              found->second.bytes.size(), storage.elements));
    }
    result[*text] = make_tensor(*tensor, storage.dtype, found->second, name + ": " + *text);
  }
  if (result.empty()) throw Error(name + ": holds no tensors");
  constexpr std::string_view kParallel = "module.";
  if (std::all_of(result.begin(), result.end(),
                  [&](const auto& entry) { return entry.first.starts_with(kParallel); })) {
    StateDict plain;
    for (const auto& [key, tensor] : result) plain[key.substr(kParallel.size())] = tensor;
    return plain;
  }
  return result;
}

StateDict parse_pth(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                    const std::string& name) {
  if (file.empty()) throw Error(name + ": zero bytes; fetch it again");
  if (begins_with(file, "PK\x03\x04")) return read_pth_zip(file, name);
  if (is_tar(file)) return read_pth_tar(file, name);
  if (begins_with(file, "\x80\x02")) return read_pth_stream(file, std::move(owner), name);
  if (begins_with(file, "\x89HDF")) {
    throw Error(name + ": an HDF5 file (Keras), not PyTorch weights; .pth and .safetensors are read");
  }
  if (begins_with(file, "<")) {
    throw Error(name + ": a web page, not weights; the download went wrong: fetch it again");
  }
  throw Error(name + ": neither .pth nor .safetensors by its content");
}

}  // namespace engraft
