#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "engraft/error.h"

namespace engraft::base {
namespace {

[[noreturn]] void fail_with_errno(const Path& path, const char* what) {
  throw Error(
      fmt::format("{}: {}: {}", path.string(), what, std::generic_category().message(errno)));
}

// A file descriptor that closes itself.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

std::size_t regular_file_size(const Descriptor& file, const Path& path) {
  struct stat status {};
  if (::fstat(file.number, &status) != 0) fail_with_errno(path, "cannot be read");
  if (S_ISDIR(status.st_mode)) throw Error(path.string() + ": is a folder, not a file");
  return static_cast<std::size_t>(status.st_size);
}

}  // namespace

Bytes read_file(const Path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number < 0) fail_with_errno(path, "cannot be opened");
  Bytes bytes(regular_file_size(file, path));
  std::size_t filled = 0;
  for (;;) {
    if (filled == bytes.size()) {  // at the stated end; pipes and /proc files state none
      std::byte probe;
      const ssize_t more = ::read(file.number, &probe, 1);
      if (more < 0) fail_with_errno(path, "cannot be read");
      if (more == 0) return bytes;
      bytes.push_back(probe);
      ++filled;
      bytes.resize(bytes.size() * 2);
    }
    const ssize_t got = ::read(file.number, bytes.data() + filled, bytes.size() - filled);
    if (got < 0) fail_with_errno(path, "cannot be read");
    filled += static_cast<std::size_t>(got);
    if (got == 0) {
      bytes.resize(filled);
      return bytes;
    }
  }
}

std::string read_text(const Path& path) {
  const Bytes bytes = read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string lower_extension(const Path& path) { return lower_ascii(path.extension().string()); }

std::string identity_of(const Path& path) {
  std::error_code failure;
  const Path full = std::filesystem::canonical(path, failure);
  struct stat status {};
  if (failure || ::stat(full.c_str(), &status) != 0) return "";
  return fmt::format("{}, {} bytes at {}:{}, written {}.{:09}", full.string(), status.st_size,
                     status.st_dev, status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

MappedFile map_file(const Path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number < 0) fail_with_errno(path, "cannot be opened");
  const std::size_t size = regular_file_size(file, path);
  if (size == 0) return {};
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number, 0);
  if (address == MAP_FAILED) fail_with_errno(path, "cannot be mapped into memory");
  std::shared_ptr<const void> owner(
      address, [size](const void* p) { ::munmap(const_cast<void*>(p), size); });
  return {owner, {static_cast<const std::byte*>(address), size}};
}

AtomicFile::AtomicFile(Path target, Durability durability)
    : target_(std::move(target)), durability_(durability) {
  static std::atomic<unsigned> serial{0};
  temporary_ = target_;
  temporary_ += fmt::format(".{}-{}.partial", ::getpid(), serial++);
  file_ = std::fopen(temporary_.c_str(), "wbx");
  if (file_ == nullptr) fail("cannot be written");
}

AtomicFile::~AtomicFile() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::fail(const char* what) { fail_with_errno(target_, what); }

void AtomicFile::write(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;  // and its pointer may be null, which fwrite must not be given
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail("cannot be written");
}

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void AtomicFile::commit() {
  const bool full = durability_ == Durability::kFull;
  if (std::fflush(file_) != 0 || (full && ::fsync(::fileno(file_)) != 0)) fail("cannot be written");
  std::FILE* file = std::exchange(file_, nullptr);
  const bool moved =
      std::fclose(file) == 0 && std::rename(temporary_.c_str(), target_.c_str()) == 0;
  if (!moved) {
    const int reason = errno;
    ::unlink(temporary_.c_str());
    errno = reason;
    fail("cannot be written");
  }
  if (!full) return;
  // The new name must reach the disk too; a file system that cannot sync a folder is no reason to
  // fail.
  const Path folder = target_.has_parent_path() ? target_.parent_path() : Path(".");
  const Descriptor directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.number >= 0) ::fsync(directory.number);
}

void write_atomically(const Path& target, std::span<const std::byte> bytes) {
  AtomicFile file(target);
  file.write(bytes);
  file.commit();
}

void write_atomically(const Path& target, std::string_view text) {
  write_atomically(target, std::as_bytes(std::span(text)));
}

}  // namespace engraft::base
