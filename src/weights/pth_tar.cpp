#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <cstring>

#include "base/file.h"
#include "engraft/error.h"
#include "weights/pth_forms.h"

namespace engraft {
namespace {

// The archive's members by name, whole.
std::map<std::string, Bytes> members_of(std::span<const std::byte> file, const std::string& name) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                      archive_read_free);
  archive_read_support_format_tar(reader.get());
  std::map<std::string, Bytes> members;
  if (archive_read_open_memory(reader.get(), file.data(), file.size()) != ARCHIVE_OK) {
    throw Error(name + ": a damaged tar archive; fetch it again");
  }
  archive_entry* entry = nullptr;
  int status = 0;
  while ((status = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    const std::string member = archive_entry_pathname(entry);
    const auto size = static_cast<std::uint64_t>(archive_entry_size(entry));
    if (size > file.size()) {
      throw Error(fmt::format("{}: cut off: its part \"{}\" has {} bytes, the whole file {}; fetch it "
                              "again", name, member, size, file.size()));
    }
    Bytes bytes(static_cast<std::size_t>(size));
    const auto got = archive_read_data(reader.get(), bytes.data(), bytes.size());
    if (got != static_cast<la_ssize_t>(bytes.size())) {
      throw Error(fmt::format("{}: cut off within its part \"{}\"; fetch it again", name, member));
    }
    members[member] = std::move(bytes);
  }
  if (status != ARCHIVE_EOF) throw Error(name + ": a damaged tar archive; fetch it again");
  return members;
}

// A member as a sequence of pickles and little-endian numbers.
class Stream {
 public:
  Stream(std::span<const std::byte> bytes, const std::string& name) : rest_(bytes), name_(name) {}

  Pickle pickle(const PersistentLoad& load = {}) {
    std::size_t used = 0;
    Pickle result = read_pickle(rest_, name_, load, used);
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
    if (bytes > rest_.size()) throw Error(name_ + ": cut off; fetch it again");
    const auto taken = rest_.first(bytes);
    rest_ = rest_.subspan(bytes);
    return taken;
  }

  std::size_t left() const { return rest_.size(); }

 private:
  std::span<const std::byte> rest_;
  const std::string& name_;
};

class TarReader {
 public:
  TarReader(std::span<const std::byte> file, const std::string& name) : name_(name) {
    for (auto& [member, bytes] : members_of(file, name)) {
      members_[member] = std::make_shared<const Bytes>(std::move(bytes));
    }
  }

  StateDict run() {
    read_storages();
    read_tensors();
    Stream stream(*member("pickle"), name_);
    const Pickle pickle = stream.pickle([&](const Pickle& so_far, ObjectId id) -> PickledObject {
      return PickledStorage{key_of(so_far, id), DType::kFloat32, 0};
    });
    StateDict result;
    const auto* root = std::get_if<PickledDict>(&pickle.objects[pickle.root]);
    if (root == nullptr) fail("holds no dictionary of tensors");
    for (const auto& [key, value] : root->items) {
      const auto* text = std::get_if<std::string>(&pickle.objects[key]);
      const auto* reference = std::get_if<PickledStorage>(&pickle.objects[value]);
      if (text == nullptr || reference == nullptr) continue;
      const auto found = tensors_.find(reference->key);
      if (found == tensors_.end()) fail("lacks the tensor " + *text);
      result[*text] = found->second;
    }
    if (result.empty()) fail("holds no tensors");
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const { throw Error(name_ + ": " + reason); }

  std::shared_ptr<const Bytes> member(const std::string& part) const {
    const auto found = members_.find(part);
    if (found == members_.end()) {
      fail("a tar archive without \"" + part + "\", so no PyTorch weights of the oldest form");
    }
    return found->second;
  }

  // A persistent id or key: a number, as text or not.
  std::string key_of(const Pickle& pickle, ObjectId id) const {
    if (const auto* text = std::get_if<std::string>(&pickle.objects[id])) return *text;
    if (const auto* number = std::get_if<std::int64_t>(&pickle.objects[id])) {
      return std::to_string(*number);
    }
    fail("a tensor in it is named wrongly");
  }

  std::int64_t count_of(const Pickle& pickle) const {
    const auto* count = std::get_if<std::int64_t>(&pickle.objects[pickle.root]);
    if (count == nullptr || *count < 0 || *count > 1'000'000) fail("a count in it is wrong");
    return *count;
  }

  const std::vector<ObjectId>& triple(const Pickle& pickle) const {
    const auto* list = std::get_if<PickledList>(&pickle.objects[pickle.root]);
    if (list == nullptr || list->items.size() != 3) fail("its storages are described wrongly");
    return list->items;
  }

  // Each: (key, location, class), then a count and that many numbers.
  void read_storages() {
    const std::shared_ptr<const Bytes> bytes = member("storages");
    Stream stream(*bytes, name_);
    const std::int64_t count = count_of(stream.pickle());
    for (std::int64_t i = 0; i < count; ++i) {
      const Pickle pickle = stream.pickle();
      const std::vector<ObjectId>& items = triple(pickle);
      const auto* type = std::get_if<PickledGlobal>(&pickle.objects[items[2]]);
      const auto dtype = type == nullptr ? std::nullopt : storage_dtype(type->name);
      if (!dtype) fail("a storage in it is described wrongly");
      const auto elements = stream.number<std::uint64_t>();
      if (elements > stream.left() / size_in_bytes(*dtype)) fail("cut off; fetch it again");
      const auto content = stream.take(static_cast<std::size_t>(elements) * size_in_bytes(*dtype));
      storages_[key_of(pickle, items[0])] = {*dtype, {bytes, content}};
    }
  }

  // Each: (key, storage's key, class), then dimensions, sizes, strides and offset.
  void read_tensors() {
    const std::shared_ptr<const Bytes> bytes = member("tensors");
    Stream stream(*bytes, name_);
    const std::int64_t count = count_of(stream.pickle());
    for (std::int64_t i = 0; i < count; ++i) {
      const Pickle pickle = stream.pickle();
      const std::vector<ObjectId>& items = triple(pickle);
      const auto storage = storages_.find(key_of(pickle, items[1]));
      if (storage == storages_.end()) fail("lacks a tensor's storage");
      const auto dimensions = stream.number<std::int32_t>();
      stream.take(4);
      if (dimensions < 0 || dimensions > 16) fail("a tensor in it has a wrong number of dimensions");
      PickledTensor tensor;
      for (std::int32_t d = 0; d < dimensions; ++d) {
        tensor.shape.push_back(stream.number<std::int64_t>());
      }
      for (std::int32_t d = 0; d < dimensions; ++d) {
        tensor.strides.push_back(stream.number<std::int64_t>());
      }
      tensor.offset = stream.number<std::int64_t>();
      tensors_[key_of(pickle, items[0])] =
          make_tensor(tensor, storage->second.dtype, storage->second.content, name_);
    }
  }

  struct TypedStorage {
    DType dtype;
    StorageBytes content;
  };

  const std::string& name_;
  std::map<std::string, std::shared_ptr<const Bytes>> members_;
  std::map<std::string, TypedStorage> storages_;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace

StateDict read_pth_tar(std::span<const std::byte> file, const std::string& name) {
  return TarReader(file, name).run();
}

}  // namespace engraft
