#include <fmt/format.h>
#include <zip.h>

#include <cstring>

#include "engraft/error.h"
#include "weights/pth_forms.h"

namespace engraft {
namespace {

// A zip archive in memory, in which each member is stored as it is, once.
class Archive {
 public:
  Archive(std::span<const std::byte> file, const std::string& name) : name_(name) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(file.data(), file.size(), 0, &error);
    if (source != nullptr) archive_ = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    const std::string reason = archive_ == nullptr ? zip_error_strerror(&error) : "";
    if (archive_ == nullptr && source != nullptr) zip_source_free(source);
    zip_error_fini(&error);
    if (archive_ == nullptr) fail(fmt::format("a damaged archive ({}); fetch it again", reason));
    list();
  }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;
  ~Archive() { zip_discard(archive_); }

  const std::map<std::string, zip_uint64_t>& members() const { return members_; }

  StorageBytes read(zip_uint64_t index) const {
    zip_stat_t status;
    zip_stat_init(&status);
    if (zip_stat_index(archive_, index, 0, &status) != 0) fail("a damaged archive; fetch it again");
    const auto size = static_cast<std::size_t>(status.size);
    const std::shared_ptr<std::byte> memory(
        static_cast<std::byte*>(::operator new(size, std::align_val_t{64})),
        [](std::byte* p) { ::operator delete(p, std::align_val_t{64}); });
    zip_file_t* member = zip_fopen_index(archive_, index, 0);
    if (member == nullptr) fail(fmt::format("{} cannot be read", status.name));
    // Reading to the end and one byte on makes libzip compare the checksum.
    std::size_t filled = 0;
    zip_int64_t got = 0;
    while (filled < size &&
           (got = zip_fread(member, memory.get() + filled, size - filled)) > 0) {
      filled += static_cast<std::size_t>(got);
    }
    std::byte beyond;
    const bool whole = filled == size && zip_fread(member, &beyond, 1) == 0;
    zip_fclose(member);
    if (!whole) fail(fmt::format("{} is damaged (its checksum is wrong); fetch it again", status.name));
    return {memory, {memory.get(), size}};
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const { throw Error(name_ + ": " + reason); }

  void list() {
    const zip_int64_t count = zip_get_num_entries(archive_, 0);
    for (zip_int64_t i = 0; i < count; ++i) {
      const auto index = static_cast<zip_uint64_t>(i);
      zip_stat_t status;
      zip_stat_init(&status);
      if (zip_stat_index(archive_, index, 0, &status) != 0 || status.name == nullptr) {
        fail("a damaged archive; fetch it again");
      }
      if (status.comp_method != ZIP_CM_STORE || status.encryption_method != ZIP_EM_NONE ||
          status.size != status.comp_size) {
        fail(fmt::format("{} is compressed or encrypted, which torch.save never does", status.name));
      }
      if (!members_.emplace(status.name, index).second) {
        fail(fmt::format("{} stands twice in the archive", status.name));
      }
    }
  }

  const std::string& name_;
  zip_t* archive_ = nullptr;
  std::map<std::string, zip_uint64_t> members_;
};

}  // namespace

StateDict read_pth_zip(std::span<const std::byte> file, const std::string& name) {
  const Archive archive(file, name);
  // All lies in one folder, which is named after the file that torch.save wrote.
  std::string folder;
  for (const auto& [member, index] : archive.members()) {
    if (member.ends_with("/data.pkl")) folder = member.substr(0, member.size() - 8);
    if (member.find("/code/") != std::string::npos || member.ends_with("/constants.pkl")) {
      throw Error(name + ": a TorchScript program, not plain weights; in Python, save its "
                         "state_dict() with torch.save");
    }
  }
  const auto member = [&](const std::string& path) {
    const auto found = archive.members().find(folder + path);
    if (found == archive.members().end()) {
      throw Error(fmt::format("{}: a zip archive without {}, so no PyTorch weights", name, path));
    }
    return archive.read(found->second);
  };
  const StorageBytes description = member("data.pkl");
  if (archive.members().contains(folder + "byteorder")) {
    const StorageBytes order = member("byteorder");
    if (order.bytes.size() != 6 || std::memcmp(order.bytes.data(), "little", 6) != 0) {
      throw Error(name + ": its numbers are stored in big-endian order, which is not read");
    }
  }
  Storages storages;
  std::size_t used = 0;
  const Pickle pickle = read_pickle(
      description.bytes, name,
      [&](const Pickle& so_far, ObjectId id) {
        PickledObject storage = load_storage(so_far, id, name);
        const std::string& key = std::get<PickledStorage>(storage).key;
        if (!storages.contains(key)) storages[key] = member("data/" + key);
        return storage;
      },
      used);
  return tensors_of(pickle, storages, name);
}

}  // namespace engraft
