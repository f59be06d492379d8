// The members of a zip archive in memory whose members are stored as they are: what torch.save
// writes, and no more. Everything that lets two readers see different files in one archive is
// refused: compression, encryption, duplicate or overlapping members, gaps between them, and local
// headers that differ from the directory.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

namespace engraft::weights::pth {

struct ZipMember {
  std::span<const std::byte> bytes;
  std::uint32_t checksum = 0;
};
using ZipMembers = std::map<std::string, ZipMember>;

// Throws Error beginning with `name`, also for TorchScript programs, which it tells by their
// members' names.
ZipMembers read_zip_members(std::span<const std::byte> file, const std::string& name);

// The member's bytes, compared with its checksum. Throws Error.
std::span<const std::byte> checked_bytes(const ZipMembers::value_type& member,
                                         const std::string& name);

}  // namespace engraft::weights::pth
