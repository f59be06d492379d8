#include "fetch/partial_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>
#include <thread>

#include "engraft/error.h"

namespace engraft::fetch {

PartialFile::PartialFile(base::Path target, const std::function<bool()>& wait)
    : target_(std::move(target)), path_(target_) {
  path_ += ".partial";
  std::error_code error;
  if (target_.has_parent_path()) std::filesystem::create_directories(target_.parent_path(), error);
  for (;;) {
    open();
    while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno != EWOULDBLOCK) {  // no locks here
        path_ = target_;
        path_ += fmt::format(".{}.partial", ::getpid());
        ::close(descriptor_);
        open();
        return;
      }
      if (!wait()) {
        ::close(descriptor_);
        throw Error(target_.string() + ": stopped while another process downloads it");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    if (is_still_there()) return;
    ::close(descriptor_);  // whoever held the lock has moved it into place or removed it
  }
}

PartialFile::~PartialFile() { ::close(descriptor_); }

void PartialFile::open() {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail();
}

bool PartialFile::is_still_there() const {
  struct stat opened {};
  struct stat named {};
  return ::fstat(descriptor_, &opened) == 0 && ::stat(path_.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

void PartialFile::fail() const {
  throw Error(fmt::format("{}: cannot be written: {}", path_.string(),
                          std::generic_category().message(errno)));
}

std::uint64_t PartialFile::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) fail();
  return static_cast<std::uint64_t>(status.st_size);
}

bool PartialFile::append(const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t written = ::write(descriptor_, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      problem_ = fmt::format("{}: cannot be written: {}", path_.string(),
                             std::generic_category().message(errno));
      return false;
    }
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
  return true;
}

void PartialFile::clear() {
  if (::ftruncate(descriptor_, 0) != 0) fail();
}

void PartialFile::remove() noexcept { ::unlink(path_.c_str()); }

void PartialFile::move_to_target() {
  if (::fsync(descriptor_) != 0 || std::rename(path_.c_str(), target_.c_str()) != 0) fail();
  // The new name must reach the disk too; a file system that cannot sync a folder is no reason to
  // fail.
  const base::Path folder = target_.has_parent_path() ? target_.parent_path() : base::Path(".");
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  ::fsync(directory);
  ::close(directory);
}

}  // namespace engraft::fetch
