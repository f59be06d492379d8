#include <fmt/format.h>

#include <cstring>

#include "engraft/error.h"
#include "weights/pth/pickle_globals.h"
#include "weights/pth/pth_forms.h"

namespace engraft::weights::pth {
namespace {

// 0x1950a86a20f9469cfc6c, little-endian.
constexpr std::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr std::int64_t kProtocol = 1001;

class StreamReader {
 public:
  StreamReader(std::span<const std::byte> file, const std::string& name)
      : rest_(file), name_(name) {}

  PthContent run(const std::shared_ptr<const void>& owner) {
    const std::size_t file_size = rest_.size();
    read_preamble();
    const Pickle description = next_pickle([this](const Pickle& so_far, ObjectId id) {
      PickledObject storage = load_storage(so_far, id, name_);
      declare(std::get<PickledStorage>(storage));
      return storage;
    });
    const Storages storages = read_storages(next_pickle({}), owner);
    if (!rest_.empty()) {
      fail(fmt::format("damaged: {} bytes at its end belong to no tensor; download it again",
                       rest_.size()));
    }
    return collect_tensors(description, name_, storages, file_size);
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const { throw Error(name_ + ": " + reason); }

  Pickle next_pickle(const PersistentLoad& load) {
    std::size_t used = 0;
    Pickle pickle = read_pickle(rest_, name_, load, used, budget_);
    rest_ = rest_.subspan(used);
    return pickle;
  }

  void read_preamble() {
    const Pickle magic = next_pickle({});
    const auto* number = magic.get<PickledLong>(magic.root);
    if (number == nullptr || number->little_endian != kMagic) {
      fail("a Python pickle, but not one of PyTorch's; save a state_dict() with torch.save");
    }
    const Pickle protocol = next_pickle({});
    const auto* version = protocol.get<std::int64_t>(protocol.root);
    if (version == nullptr || *version != kProtocol) {
      fail("of an unknown version of PyTorch's format; save it again with a newer PyTorch");
    }
    const Pickle system = next_pickle({});
    const auto* entries = system.get<PickledDict>(system.root);
    if (entries == nullptr) return;
    for (const auto& [key, value] : entries->items) {
      const auto* text = system.get<std::string>(key);
      const auto* little = system.get<bool>(value);
      if (text != nullptr && *text == "little_endian" && little != nullptr && !*little) {
        fail(
            "its numbers are stored in big-endian order, which is not read; save it again on an "
            "ordinary computer");
      }
    }
  }

  void declare(const PickledStorage& storage) {
    const auto [known, is_new] = declared_.emplace(storage.key, storage);
    if (!is_new &&
        (known->second.dtype != storage.dtype || known->second.elements != storage.elements)) {
      fail("damaged: a storage in it is declared twice, differently; download it again");
    }
  }

  // In the order of the list of keys: the number of elements, and the elements.
  Storages read_storages(const Pickle& keys, const std::shared_ptr<const void>& owner) {
    const auto* list = keys.get<PickledList>(keys.root);
    if (list == nullptr) fail("damaged: it lacks the list of its storages; download it again");
    Storages storages;
    std::uint64_t needed = 0;  // counted to the end, to tell how much is missing
    for (const ObjectId id : list->items) {
      const auto* key = keys.get<std::string>(id);
      const auto found = key == nullptr ? declared_.end() : declared_.find(*key);
      if (found == declared_.end()) fail("damaged: it lists a storage that no tensor has");
      const PickledStorage& storage = found->second;
      const std::size_t item = base::size_in_bytes(storage.dtype);
      std::uint64_t bytes = 0;
      if (__builtin_mul_overflow(storage.elements, item, &bytes) ||
          __builtin_add_overflow(needed, bytes, &needed) ||
          __builtin_add_overflow(needed, sizeof(std::uint64_t), &needed)) {
        fail("damaged: a storage in it is larger than any memory");
      }
      if (needed > rest_.size()) continue;  // cut off
      const auto place = rest_.subspan(static_cast<std::size_t>(needed - bytes) - 8);
      std::uint64_t elements = 0;
      std::memcpy(&elements, place.data(), sizeof elements);
      if (elements != storage.elements) {
        fail(fmt::format("damaged: a storage declared with {} numbers holds {}; download it again",
                         storage.elements, elements));
      }
      const bool is_new =
          storages
              .emplace(*key, StorageBytes{owner, place.subspan(8, static_cast<std::size_t>(bytes))})
              .second;
      if (!is_new) fail("damaged: it holds a storage twice");
    }
    if (needed > rest_.size()) {
      fail(fmt::format("cut off: {} bytes are missing; download it again", needed - rest_.size()));
    }
    rest_ = rest_.subspan(static_cast<std::size_t>(needed));
    return storages;
  }

  std::span<const std::byte> rest_;
  const std::string& name_;
  PickleBudget budget_;
  std::map<std::string, PickledStorage> declared_;
};

}  // namespace

PthContent read_pth_stream(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                           const std::string& name) {
  return StreamReader(file, name).run(owner);
}

}  // namespace engraft::weights::pth
