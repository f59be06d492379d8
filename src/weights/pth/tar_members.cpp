#include "weights/pth/tar_members.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <cstdint>
#include <memory>

#include "base/text.h"
#include "engraft/error.h"

namespace engraft::weights::pth {
namespace {

constexpr std::size_t kMaxMembers = 100;  // the form has four

// Where the current member's bytes lie; libarchive hands them out as views of the file, piece by
// piece.
std::span<const std::byte> locate(archive* reader, std::span<const std::byte> file,
                                  const std::string& part, std::uint64_t size,
                                  const std::string& name) {
  const std::byte* begin = nullptr;
  std::uint64_t found = 0;
  for (;;) {
    const void* piece = nullptr;
    std::size_t length = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(reader, &piece, &length, &offset);
    const auto* bytes = static_cast<const std::byte*>(piece);
    if (status == ARCHIVE_OK && length > 0) {
      if (begin == nullptr) begin = bytes;
      const bool in_file = bytes >= file.data() && length <= file.size() &&
                           bytes - file.data() <= static_cast<std::ptrdiff_t>(file.size() - length);
      if (!in_file || static_cast<std::uint64_t>(offset) != found || bytes != begin + found ||
          length > size - found) {
        throw Error(fmt::format(
            "{}: its part \"{}\" is stored with holes; unpack and pack it again", name, part));
      }
      found += length;
    }
    if (status == ARCHIVE_OK) continue;
    if (status != ARCHIVE_EOF || found != size) {
      throw Error(
          fmt::format("{}: cut off: {} bytes of its part \"{}\" are missing; download it "
                      "again",
                      name, size - found, part));
    }
    return begin == nullptr ? std::span<const std::byte>{}
                            : std::span(begin, static_cast<std::size_t>(size));
  }
}

}  // namespace

std::map<std::string, std::span<const std::byte>> read_tar_members(std::span<const std::byte> file,
                                                                   const std::string& name) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                      archive_read_free);
  std::map<std::string, std::span<const std::byte>> members;
  if (reader == nullptr || archive_read_support_format_tar(reader.get()) != ARCHIVE_OK ||
      archive_read_open_memory(reader.get(), file.data(), file.size()) != ARCHIVE_OK) {
    throw Error(name + ": a damaged tar archive; download it again");
  }
  archive_entry* entry = nullptr;
  int status = 0;
  while ((status = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr || archive_entry_filetype(entry) != AE_IFREG ||
        archive_entry_hardlink(entry) != nullptr || !archive_entry_size_is_set(entry) ||
        archive_entry_size(entry) < 0 || members.size() >= kMaxMembers) {
      throw Error(name + ": a tar archive of something else than PyTorch weights");
    }
    const std::string member = path;
    const auto size = static_cast<std::uint64_t>(archive_entry_size(entry));
    const auto bytes = locate(reader.get(), file, base::printable(member), size, name);
    if (!members.emplace(member, bytes).second) {
      throw Error(fmt::format("{}: damaged or manipulated: \"{}\" stands in it twice", name,
                              base::printable(member)));
    }
  }
  if (status != ARCHIVE_EOF) {
    throw Error(name + ": a damaged tar archive, perhaps cut off; download it again");
  }
  return members;
}

}  // namespace engraft::weights::pth
