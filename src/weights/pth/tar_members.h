// The members of a tar archive in memory, as views of it.
#pragma once

#include <map>
#include <span>
#include <string>

namespace engraft::weights::pth {

// Throws Error beginning with `name`: cut off (and by how much), not plain files, names that stand
// twice.
std::map<std::string, std::span<const std::byte>> read_tar_members(std::span<const std::byte> file,
                                                                   const std::string& name);

}  // namespace engraft::weights::pth
