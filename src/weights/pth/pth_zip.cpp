#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "base/parallel.h"
#include "base/text.h"
#include "engraft/error.h"
#include "weights/pth/pickle_globals.h"
#include "weights/pth/pth_forms.h"
#include "weights/pth/zip_members.h"

namespace engraft::weights::pth {
namespace {

// All lies in one folder, which is named after the file that torch.save wrote. With its slash.
std::string top_folder(const ZipMembers& members, const std::string& name) {
  std::string folder;
  for (const auto& [member, content] : members) {
    const std::size_t slash = member.find('/');
    if (slash == std::string::npos || member.substr(slash + 1) != "data.pkl") continue;
    if (!folder.empty()) throw Error(name + ": damaged or manipulated: it has two data.pkl");
    folder = member.substr(0, slash + 1);
  }
  if (folder.empty()) {
    throw Error(name +
                ": a zip archive without data.pkl, so no PyTorch weights; unpack it if the "
                "weights are in it");
  }
  return folder;
}

}  // namespace

PthContent read_pth_zip(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                        const std::string& name) {
  const ZipMembers members = read_zip_members(file, name);
  const std::string folder = top_folder(members, name);
  const auto member = [&](const std::string& path) -> const ZipMembers::value_type& {
    const auto found = members.find(folder + path);
    if (found == members.end()) {
      throw Error(fmt::format("{}: damaged: its part \"{}\" is missing; download it again", name,
                              base::printable(path)));
    }
    return *found;
  };
  const auto bytes_of = [&](const std::string& path) { return checked_bytes(member(path), name); };
  if (members.contains(folder + "byteorder")) {
    const auto order = bytes_of("byteorder");
    if (std::string_view(reinterpret_cast<const char*>(order.data()), order.size()) != "little") {
      throw Error(name +
                  ": its numbers are stored in big-endian order, which is not read; save it "
                  "again on an ordinary computer");
    }
  }
  const auto description = bytes_of("data.pkl");
  Storages storages;
  std::vector<const ZipMembers::value_type*> unchecked;
  std::size_t used = 0;
  PickleBudget budget;
  const Pickle pickle = read_pickle(
      description, name,
      [&](const Pickle& so_far, ObjectId id) {
        PickledObject storage = load_storage(so_far, id, name);
        const std::string& key = std::get<PickledStorage>(storage).key;
        if (!storages.contains(key)) {
          unchecked.push_back(&member("data/" + key));
          storages[key] = {owner, unchecked.back()->second.bytes};
        }
        return storage;
      },
      used, budget);
  if (used != description.size()) {
    throw Error(name + ": damaged or manipulated: its description of the tensors has two parts");
  }
  base::parallel_for(unchecked.size(), base::usable_processors(),
                     [&](std::size_t i, int) { checked_bytes(*unchecked[i], name); });
  return collect_tensors(pickle, name, storages, file.size());
}

}  // namespace engraft::weights::pth
