#include <fmt/format.h>

#include <cstring>

#include "engraft/error.h"
#include "weights/pth/pickle_globals.h"
#include "weights/pth/pth_forms.h"
#include "weights/pth/tar_members.h"

namespace engraft::weights::pth {
namespace {

constexpr std::int32_t kMaxDimensions = 16;
constexpr std::size_t kMaxKeyLength = 100;  // they are numbers

// A member as a sequence of pickles and little-endian numbers.
class Stream {
 public:
  Stream(std::span<const std::byte> bytes, const std::string& name, PickleBudget& budget)
      : rest_(bytes), name_(name), budget_(budget) {}

  Pickle pickle(const PersistentLoad& load = {}) {
    std::size_t used = 0;
    Pickle result = read_pickle(rest_, name_, load, used, budget_);
    rest_ = rest_.subspan(used);
    return result;
  }

  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  std::span<const std::byte> take(std::size_t bytes) {
    if (bytes > rest_.size())
      throw Error(name_ + ": damaged: a part ends too early; download it again");
    const auto taken = rest_.first(bytes);
    rest_ = rest_.subspan(bytes);
    return taken;
  }

  std::size_t left() const { return rest_.size(); }

 private:
  std::span<const std::byte> rest_;
  const std::string& name_;
  PickleBudget& budget_;
};

class TarReader {
 public:
  TarReader(std::span<const std::byte> file, std::shared_ptr<const void> owner,
            const std::string& name)
      : owner_(std::move(owner)),
        name_(name),
        members_(read_tar_members(file, name)),
        maker_(file.size()) {}

  PthContent run() {
    read_storages();
    read_tensors();
    const Pickle pickle =
        Stream(member("pickle"), name_, budget_).pickle([this](const Pickle& so_far, ObjectId id) {
          return PickledObject(PickledStorage{.key = key_of(so_far, id)});
        });
    return collect_tensors(
        pickle, name_, [&](ObjectId id, const std::string& place) -> std::optional<base::Tensor> {
          const auto* reference = pickle.get<PickledStorage>(id);
          if (reference == nullptr) return std::nullopt;
          const auto found = tensors_.find(reference->key);
          if (found == tensors_.end()) throw Error(place + ": its numbers are not in the file");
          return found->second;
        });
  }

 private:
  struct TypedStorage {
    base::DType dtype = base::DType::kFloat32;
    StorageBytes content;
  };

  [[noreturn]] void fail(const std::string& reason) const { throw Error(name_ + ": " + reason); }

  std::span<const std::byte> member(const std::string& part) const {
    const auto found = members_.find(part);
    if (found == members_.end()) {
      fail(fmt::format(
          "a tar archive without \"{}\", so no PyTorch weights; unpack it if the weights "
          "are in it",
          part));
    }
    return found->second;
  }

  // A persistent id or key: a number, as text or not.
  std::string key_of(const Pickle& pickle, ObjectId id) const {
    const auto* text = pickle.get<std::string>(id);
    if (text != nullptr && text->size() <= kMaxKeyLength) return *text;
    if (const auto* number = pickle.get<std::int64_t>(id)) return std::to_string(*number);
    fail("damaged: a tensor in it is named wrongly; download it again");
  }

  std::int64_t count_of(const Pickle& pickle) const {
    const auto* count = pickle.get<std::int64_t>(pickle.root);
    if (count == nullptr || *count < 0) fail("damaged: a count in it is wrong; download it again");
    return *count;
  }

  const std::vector<ObjectId>& items_of(const Pickle& pickle, ObjectId id,
                                        std::size_t count) const {
    const auto* list = pickle.get<PickledList>(id);
    if (list == nullptr || list->items.size() != count) {
      fail("damaged: a list in it has a wrong length; download it again");
    }
    return list->items;
  }

  const TypedStorage& storage_of(const Pickle& pickle, ObjectId id) const {
    const auto found = storages_.find(key_of(pickle, id));
    if (found == storages_.end()) fail("damaged: a storage is missing; download it again");
    return found->second;
  }

  // A count; each: (key, location, class), then a count and that many numbers. After all of them, a
  // list of storages that are parts of others: (key, other's key, offset, elements).
  void read_storages() {
    Stream stream(member("storages"), name_, budget_);
    const std::int64_t count = count_of(stream.pickle());
    for (std::int64_t i = 0; i < count; ++i) {
      const Pickle pickle = stream.pickle();
      const std::vector<ObjectId>& items = items_of(pickle, pickle.root, 3);
      const auto* type = pickle.get<PickledGlobal>(items[2]);
      const auto dtype = type == nullptr ? std::nullopt : storage_dtype(type->name);
      if (!dtype) fail("damaged: a storage in it is described wrongly; download it again");
      const auto elements = stream.number<std::uint64_t>();
      const std::size_t item = base::size_in_bytes(*dtype);
      if (elements > stream.left() / item) {
        fail("damaged: a storage is larger than the file; download it again");
      }
      const auto content = stream.take(static_cast<std::size_t>(elements) * item);
      storages_[key_of(pickle, items[0])] = {*dtype, {owner_, content}};
    }
    const Pickle views = stream.pickle();
    const auto* list = views.get<PickledList>(views.root);
    if (list == nullptr) fail("damaged: its storages are described wrongly; download it again");
    for (const ObjectId id : list->items) add_view(views, items_of(views, id, 4));
  }

  void add_view(const Pickle& views, const std::vector<ObjectId>& items) {
    const TypedStorage whole = storage_of(views, items[1]);
    const std::size_t item = base::size_in_bytes(whole.dtype);
    const auto available = static_cast<std::int64_t>(whole.content.bytes.size() / item);
    const auto* offset = views.get<std::int64_t>(items[2]);
    const auto* elements = views.get<std::int64_t>(items[3]);
    if (offset == nullptr || elements == nullptr || *offset < 0 || *elements < 0 ||
        *offset > available || *elements > available - *offset) {
      fail("damaged: a storage reaches beyond the one it is part of; download it again");
    }
    const auto part = whole.content.bytes.subspan(static_cast<std::size_t>(*offset) * item,
                                                  static_cast<std::size_t>(*elements) * item);
    storages_[key_of(views, items[0])] = {whole.dtype, {owner_, part}};
  }

  // A count; each: (key, storage's key, class), then dimensions, sizes, strides and offset.
  void read_tensors() {
    Stream stream(member("tensors"), name_, budget_);
    const std::int64_t count = count_of(stream.pickle());
    for (std::int64_t i = 0; i < count; ++i) {
      const Pickle pickle = stream.pickle();
      const std::vector<ObjectId>& items = items_of(pickle, pickle.root, 3);
      const TypedStorage& storage = storage_of(pickle, items[1]);
      const auto dimensions = stream.number<std::int32_t>();
      stream.take(4);  // the number of dimensions was once written with 8 bytes
      if (dimensions < 0 || dimensions > kMaxDimensions) {
        fail("damaged: a tensor in it has a wrong number of dimensions; download it again");
      }
      PickledTensor tensor;
      for (std::int32_t d = 0; d < dimensions; ++d) {
        tensor.shape.push_back(stream.number<std::int64_t>());
      }
      for (std::int32_t d = 0; d < dimensions; ++d) {
        tensor.strides.push_back(stream.number<std::int64_t>());
      }
      tensor.offset = stream.number<std::int64_t>();
      tensors_[key_of(pickle, items[0])] =
          maker_.make(tensor, storage.dtype, storage.content, name_);
    }
  }

  std::shared_ptr<const void> owner_;
  const std::string& name_;
  std::map<std::string, std::span<const std::byte>> members_;
  TensorMaker maker_;
  PickleBudget budget_;
  std::map<std::string, TypedStorage> storages_;
  std::map<std::string, base::Tensor> tensors_;
};

}  // namespace

PthContent read_pth_tar(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                        const std::string& name) {
  return TarReader(file, std::move(owner), name).run();
}

}  // namespace engraft::weights::pth
