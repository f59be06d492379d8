#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>
#include <vector>

#include "base/text.h"
#include "engraft/error.h"
#include "weights/pth/pth_forms.h"

namespace engraft::weights::pth {
namespace {

// Views that overlap may take more than the file; more than this often no honest file does.
constexpr std::uint64_t kMaxOverlap = 4;
constexpr std::size_t kMaxListedKeys = 8;
constexpr std::size_t kMaxNameLength = 1000;
constexpr std::size_t kMaxNames = 64'000'000;  // letters of all together
constexpr int kMaxDepth = 16;                  // of dictionaries in dictionaries

bool is_aligned(const std::byte* place, std::size_t to) {
  return std::bit_cast<std::uintptr_t>(place) % to == 0;
}

// How many of the last dimensions lie in memory as one dense row-major block.
std::size_t dense_dimensions(const PickledTensor& tensor) {
  std::int64_t expected = 1;
  std::size_t dense = 0;
  for (std::size_t i = tensor.shape.size(); i-- > 0; ++dense) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != expected) break;
    expected *= tensor.shape[i];
  }
  return dense;
}

// Copies block by block, the blocks in order of the index over the other dimensions. All is in
// bounds already.
void gather(const PickledTensor& tensor, std::size_t dense, std::size_t item,
            const std::byte* source, std::span<std::byte> target) {
  const std::size_t outer = tensor.shape.size() - dense;
  std::size_t block = item;
  for (std::size_t d = outer; d < tensor.shape.size(); ++d) {
    block *= static_cast<std::size_t>(tensor.shape[d]);
  }
  std::vector<std::int64_t> index(outer, 0);
  std::int64_t place = tensor.offset;
  for (std::size_t filled = 0; filled < target.size(); filled += block) {
    std::memcpy(target.data() + filled, source + static_cast<std::size_t>(place) * item, block);
    for (std::size_t d = outer; d-- > 0;) {
      if (tensor.shape[d] == 1) continue;  // its stride may be any number
      place += tensor.strides[d];
      if (++index[d] < tensor.shape[d]) break;
      place -= tensor.strides[d] * tensor.shape[d];
      index[d] = 0;
    }
  }
}

std::string list_keys(const Pickle& pickle, const PickledDict& dict) {
  std::string keys;
  std::size_t listed = 0;
  for (const auto& [key, value] : dict.items) {
    const auto* text = pickle.get<std::string>(key);
    if (text == nullptr) continue;
    if (++listed > kMaxListedKeys) return keys + ", ...";
    keys += fmt::format("{}\"{}\"", keys.empty() ? "" : ", ", base::printable(text->substr(0, 60)));
  }
  return keys.empty() ? "nothing" : keys;
}

// A dictionary, and what stands before its entries' names.
struct Place {
  const PickledDict* dict;
  std::string prefix;
  int depth;
};

class Collector {
 public:
  Collector(const Pickle& pickle, const std::string& name, const ResolveTensor& resolve)
      : pickle_(pickle), name_(name), resolve_(resolve) {}

  PthContent run() {
    const auto* root = pickle_.get<PickledDict>(pickle_.root);
    if (root == nullptr) throw Error(name_ + ": " + no_dictionary());
    // Each dictionary once, for they may hold one another.
    std::set<const PickledDict*> seen = {root};
    std::vector<Place> open = {{root, "", 0}};
    while (!open.empty()) {
      const Place place = std::move(open.back());
      open.pop_back();
      for (const auto& [key, value] : place.dict->items) {
        const auto* text = pickle_.get<std::string>(key);
        // No text: the numbers of an optimiser's parameters.
        if (text == nullptr || !may_hold_tensors(value)) continue;
        std::string name = named(place.prefix, *text);
        const auto* inner = pickle_.get<PickledDict>(value);
        if (inner == nullptr) {
          take(std::move(name), value);
        } else if (place.depth < kMaxDepth && seen.insert(inner).second) {
          open.push_back({inner, std::move(name) + ".", place.depth + 1});
        }
      }
    }
    if (content_.tensors.empty()) {
      throw Error(fmt::format("{}: holds no tensors by name (it holds {}); save model.state_dict()",
                              name_, list_keys(pickle_, *root)));
    }
    return std::move(content_);
  }

 private:
  std::string no_dictionary() const {
    const auto* whole = pickle_.get<PickledForeign>(pickle_.root);
    if (whole == nullptr) {
      return "holds no dictionary of tensors; save model.state_dict(), not the model";
    }
    return fmt::format(
        "refuses to build the pickled \"{}\", which is all it holds (only Python could, by running "
        "code: this file may be malicious); where you trust it, save only its state_dict() in "
        "Python, best as .safetensors",
        base::printable(whole->made_by));
  }

  bool may_hold_tensors(ObjectId id) const {
    const PickledObject& object = pickle_.objects[id];
    return std::holds_alternative<PickledDict>(object) ||
           std::holds_alternative<PickledTensor>(object) ||
           std::holds_alternative<PickledStorage>(object) ||
           std::holds_alternative<PickledForeign>(object);
  }

  // All names together are bounded, for each may repeat a long one on the way to it.
  std::string named(const std::string& prefix, const std::string& text) {
    const std::size_t length = prefix.size() + text.size();
    names_ += length;
    if (length > kMaxNameLength || names_ > kMaxNames) {
      throw Error(name_ + ": a name in it is far too long; this file is damaged or malicious");
    }
    return prefix + text;
  }

  void take(std::string name, ObjectId value) {
    if (const auto* foreign = pickle_.get<PickledForeign>(value)) {
      content_.foreign[std::move(name)] = foreign->made_by;
    } else if (std::optional<base::Tensor> tensor =
                   resolve_(value, name_ + ": " + base::printable(name))) {
      content_.tensors[std::move(name)] = std::move(*tensor);
    }
  }

  const Pickle& pickle_;
  const std::string& name_;
  const ResolveTensor& resolve_;
  std::size_t names_ = 0;  // letters of all names so far
  PthContent content_;
};

}  // namespace

TensorMaker::TensorMaker(std::size_t file_size) : may_copy_(kMaxOverlap * file_size) {}

base::Tensor TensorMaker::make(const PickledTensor& description, base::DType dtype,
                               const StorageBytes& storage, const std::string& name) {
  const std::size_t item = base::size_in_bytes(dtype);
  const auto available = static_cast<std::int64_t>(storage.bytes.size() / item);
  const auto fail = [&](const char* reason) {
    throw Error(fmt::format("{}: damaged: a tensor of shape {} {}; download it again", name,
                            base::to_string(description.shape), reason));
  };
  if (description.strides.size() != description.shape.size()) fail("has strides for another shape");
  // The number of elements and the farthest, in checked arithmetic.
  const bool none = std::ranges::find(description.shape, 0) != description.shape.end();
  std::int64_t count = 1;
  std::int64_t last = description.offset;
  bool bad = description.offset < 0;
  for (std::size_t d = 0; d < description.shape.size(); ++d) {
    const std::int64_t extent = description.shape[d];
    std::int64_t reach = 0;
    bad = bad || extent < 0 || description.strides[d] < 0 ||
          __builtin_mul_overflow(count, extent, &count);
    bad = bad || (!none && (__builtin_mul_overflow(extent - 1, description.strides[d], &reach) ||
                            __builtin_add_overflow(last, reach, &last)));
  }
  if (bad || (!none && last >= available)) fail("reaches beyond its storage");
  if (none) return {dtype, description.shape};
  // Strides of 0 repeat elements: a small file could ask for any amount of memory.
  if (count > available) fail("is larger than its storage");

  const auto bytes = static_cast<std::size_t>(count) * item;
  const std::byte* begin =
      storage.bytes.data() + static_cast<std::size_t>(description.offset) * item;
  const std::size_t dense = dense_dimensions(description);
  if (dense == description.shape.size() && is_aligned(begin, item)) {
    return {dtype, description.shape, storage.owner, {begin, bytes}};
  }
  if (bytes > may_copy_)
    fail("is one of many that overlap, and take far more than the file's size");
  may_copy_ -= bytes;
  base::Tensor tensor(dtype, description.shape);
  gather(description, dense, item, storage.bytes.data(), tensor.mutable_bytes());
  return tensor;
}

PthContent collect_tensors(const Pickle& pickle, const std::string& name,
                           const ResolveTensor& resolve) {
  return Collector(pickle, name, resolve).run();
}

PthContent collect_tensors(const Pickle& pickle, const std::string& name, const Storages& storages,
                           std::size_t file_size) {
  TensorMaker maker(file_size);
  return collect_tensors(
      pickle, name, [&](ObjectId id, const std::string& place) -> std::optional<base::Tensor> {
        const auto* tensor = pickle.get<PickledTensor>(id);
        if (tensor == nullptr) return std::nullopt;
        const auto& storage = *pickle.get<PickledStorage>(tensor->storage);
        const auto found = storages.find(storage.key);
        if (found == storages.end()) throw Error(place + ": its numbers are not in the file");
        const StorageBytes& all = found->second;
        const std::size_t item = base::size_in_bytes(storage.dtype);
        if (all.bytes.size() % item != 0 || all.bytes.size() / item != storage.elements) {
          throw Error(
              fmt::format("{}: its storage has {} bytes where {} numbers of {} are declared; "
                          "this file is damaged or malicious",
                          place, all.bytes.size(), storage.elements, to_string(storage.dtype)));
        }
        const auto part = all.bytes.subspan(static_cast<std::size_t>(storage.view_begin) * item,
                                            static_cast<std::size_t>(storage.view_elements) * item);
        return maker.make(*tensor, storage.dtype, {all.owner, part}, place);
      });
}

}  // namespace engraft::weights::pth
