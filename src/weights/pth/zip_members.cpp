#include "weights/pth/zip_members.h"

#include <fmt/format.h>
#include <zip.h>
#include <zlib.h>

#include <memory>

#include "base/text.h"
#include "engraft/error.h"

namespace engraft::weights::pth {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;      // "PK" 3 4
constexpr std::uint32_t kDirectoryHeader = 0x02014b50;  // "PK" 1 2
constexpr std::uint32_t kDescriptor = 0x08074b50;       // "PK" 7 8
constexpr std::uint64_t kHasDescriptor = 1U << 3U;
// Besides that bit only "the name is UTF-8" and the two that say how hard a compressor tried.
constexpr std::uint64_t kHarmlessFlags = kHasDescriptor | 1U << 11U | 3U << 1U;

// What the archive's directory says of a member.
struct Listed {
  std::uint64_t size = 0;
  std::uint32_t checksum = 0;
  bool plain = false;  // neither compressed nor encrypted
};

class ZipReader {
 public:
  ZipReader(std::span<const std::byte> file, const std::string& name) : file_(file), name_(name) {}

  ZipMembers run() {
    list();
    for (const auto& [member, listed] : listed_) {
      if (member.find("/code/") != std::string::npos || member.ends_with("/constants.pkl")) {
        fail(
            "a TorchScript program, not plain weights; in Python, save "
            "torch.jit.load(FILE).state_dict() with torch.save");
      }
    }
    for (const auto& [member, listed] : listed_) {
      if (!listed.plain) {
        fail(
            fmt::format("its part \"{}\" is compressed or encrypted, which torch.save never does; "
                        "pack it again without compression (zip -0)",
                        base::printable(member)));
      }
    }
    return locate();
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const { throw Error(name_ + ": " + reason); }

  [[noreturn]] void damaged(const std::string& what) const {
    fail(fmt::format("a damaged or manipulated zip archive ({}); download it again", what));
  }

  // Reads the directory with libzip, which compares it with the local headers.
  void list() {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(file_.data(), file_.size(), 0, &error);
    zip_t* opened = source == nullptr
                        ? nullptr
                        : zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (opened == nullptr && source != nullptr) zip_source_free(source);
    const std::string reason = opened == nullptr ? zip_error_strerror(&error) : "";
    const bool headless = zip_error_code_zip(&error) == ZIP_ER_NOZIP;
    zip_error_fini(&error);
    const std::unique_ptr<zip_t, decltype(&zip_discard)> archive(opened, zip_discard);
    if (headless) fail("cut off: the end of the zip archive is missing; download it again");
    if (archive == nullptr) damaged(reason);
    const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
    for (zip_int64_t i = 0; i < count; ++i) {
      zip_stat_t status;
      zip_stat_init(&status);
      constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                                       ZIP_STAT_CRC | ZIP_STAT_COMP_METHOD |
                                       ZIP_STAT_ENCRYPTION_METHOD;
      if (zip_stat_index(archive.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW, &status) !=
              0 ||
          (status.valid & kNeeded) != kNeeded) {
        damaged("a part is not described");
      }
      const bool plain = status.comp_method == ZIP_CM_STORE &&
                         status.encryption_method == ZIP_EM_NONE && status.size == status.comp_size;
      if (!listed_.emplace(status.name, Listed{status.size, status.crc, plain}).second) {
        damaged(fmt::format("\"{}\" stands in it twice", base::printable(status.name)));
      }
    }
  }

  std::uint64_t number(std::size_t place, std::size_t size) const {
    if (place > file_.size() || size > file_.size() - place) damaged("a part is cut off");
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) {
      value = value << 8U | std::to_integer<std::uint64_t>(file_[place + i]);
    }
    return value;
  }

  // Walks from part to part through the whole file: each begins where the one before it ended, and
  // the directory follows the last.
  ZipMembers locate() const {
    ZipMembers members;
    std::size_t place = 0;
    while (members.size() < listed_.size()) {
      if (number(place, 4) != kLocalHeader)
        damaged("a part does not begin where the last one ends");
      const std::uint64_t flags = number(place + 6, 2);
      const auto name_length = static_cast<std::size_t>(number(place + 26, 2));
      const auto extra_length = static_cast<std::size_t>(number(place + 28, 2));
      const std::size_t begin = place + 30 + name_length + extra_length;
      if (begin > file_.size()) damaged("a part is cut off");
      const std::string member(reinterpret_cast<const char*>(file_.data()) + place + 30,
                               name_length);
      const auto found = listed_.find(member);
      if (found == listed_.end()) damaged("a part is missing in its directory");
      const Listed& listed = found->second;
      if ((flags & ~kHarmlessFlags) != 0 || number(place + 8, 2) != 0) {
        damaged("a part is marked as compressed or encrypted");
      }
      const bool described = (flags & kHasDescriptor) == 0;  // else what follows may be zeros
      if (described && (number(place + 14, 4) != listed.checksum || !is_size(place + 18, listed) ||
                        !is_size(place + 22, listed))) {
        damaged("a part is described twice, differently");
      }
      if (listed.size > file_.size() - begin) damaged("a part is cut off");
      const auto size = static_cast<std::size_t>(listed.size);
      if (!members.emplace(member, ZipMember{file_.subspan(begin, size), listed.checksum}).second) {
        damaged("a part stands in it twice");
      }
      place = begin + size;
      if (!described) place = after_descriptor(place, listed);
    }
    if (!listed_.empty() && number(place, 4) != kDirectoryHeader) {
      damaged("its directory does not follow its parts");
    }
    return members;
  }

  // Whether the size in a local header is the directory's; the largest number says that it stands
  // elsewhere, for large archives.
  bool is_size(std::size_t place, const Listed& listed) const {
    const std::uint64_t size = number(place, 4);
    return size == listed.size || size == 0xffffffff;
  }

  // The checksum and the two sizes again, of 4 bytes each or, in large archives, of 8.
  std::size_t after_descriptor(std::size_t place, const Listed& listed) const {
    if (number(place, 4) == kDescriptor) place += 4;
    if (number(place, 4) != listed.checksum) damaged("a part's checksums differ");
    for (const std::size_t width : {std::size_t{4}, std::size_t{8}}) {
      const std::size_t end = place + 4 + 2 * width;
      if (end + 4 > file_.size()) break;
      const std::uint64_t next = number(end, 4);
      if ((next == kLocalHeader || next == kDirectoryHeader) &&
          number(place + 4, width) == listed.size &&
          number(place + 4 + width, width) == listed.size) {
        return end;
      }
    }
    damaged("a part's sizes differ");
  }

  std::span<const std::byte> file_;
  const std::string& name_;
  std::map<std::string, Listed> listed_;
};

}  // namespace

ZipMembers read_zip_members(std::span<const std::byte> file, const std::string& name) {
  return ZipReader(file, name).run();
}

std::span<const std::byte> checked_bytes(const ZipMembers::value_type& member,
                                         const std::string& name) {
  const std::span<const std::byte> bytes = member.second.bytes;
  const auto* begin = reinterpret_cast<const Bytef*>(bytes.data());
  if (crc32_z(0, begin, bytes.size()) != member.second.checksum) {
    throw Error(
        fmt::format("{}: its part \"{}\" is damaged (its checksum is wrong); download it again",
                    name, base::printable(member.first)));
  }
  return bytes;
}

}  // namespace engraft::weights::pth
