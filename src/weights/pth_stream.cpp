#include <fmt/format.h>

#include <cstring>

#include "engraft/error.h"
#include "weights/pth_forms.h"

namespace engraft {
namespace {

// 0x1950a86a20f9469cfc6c, little-endian.
constexpr std::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr std::int64_t kProtocol = 1001;

}  // namespace

StateDict read_pth_stream(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                          const std::string& name) {
  std::span<const std::byte> rest = file;
  const auto next_pickle = [&](const PersistentLoad& load) {
    std::size_t used = 0;
    Pickle pickle = read_pickle(rest, name, load, used);
    rest = rest.subspan(used);
    return pickle;
  };
  const Pickle magic = next_pickle({});
  const auto* number = std::get_if<PickledLong>(&magic.objects[magic.root]);
  if (number == nullptr || number->little_endian != kMagic) {
    throw Error(name + ": a pickle, but not one of PyTorch's");
  }
  const Pickle protocol = next_pickle({});
  const auto* version = std::get_if<std::int64_t>(&protocol.objects[protocol.root]);
  if (version == nullptr || *version != kProtocol) {
    throw Error(name + ": of an unknown version of PyTorch's format");
  }
  next_pickle({});  // the system that wrote it: all that matter are little-endian

  std::map<std::string, PickledStorage> declared;
  const Pickle description = next_pickle([&](const Pickle& so_far, ObjectId id) {
    PickledObject storage = load_storage(so_far, id, name);
    const auto& known = std::get<PickledStorage>(storage);
    declared[known.key] = known;
    return storage;
  });
  const Pickle keys = next_pickle({});
  const auto* list = std::get_if<PickledList>(&keys.objects[keys.root]);
  if (list == nullptr) throw Error(name + ": lacks the list of its storages");

  Storages storages;
  for (const ObjectId id : list->items) {
    const auto* key = std::get_if<std::string>(&keys.objects[id]);
    const auto found = key == nullptr ? declared.end() : declared.find(*key);
    if (found == declared.end()) throw Error(name + ": lists a storage that no tensor has");
    std::uint64_t elements = 0;
    if (rest.size() < sizeof elements) throw Error(name + ": cut off; fetch it again");
    std::memcpy(&elements, rest.data(), sizeof elements);
    rest = rest.subspan(sizeof elements);
    const std::size_t item = size_in_bytes(found->second.dtype);
    if (elements != found->second.elements) {
      throw Error(fmt::format("{}: a storage of {} numbers holds {}", name, found->second.elements,
                              elements));
    }
    if (elements > rest.size() / item) {
      throw Error(fmt::format("{}: cut off within its numbers; fetch it again", name));
    }
    const std::size_t bytes = static_cast<std::size_t>(elements) * item;
    storages[*key] = {owner, rest.first(bytes)};
    rest = rest.subspan(bytes);
  }
  return tensors_of(description, storages, name);
}

}  // namespace engraft
