// For tests: a new empty folder that goes when its object goes.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/file.h"

namespace engraft::base {

class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "engraft-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const Path& path() const { return path_; }

  // Writes a file, and the folders on the way to it.
  void write(const Path& relative, std::string_view text = "x") const {
    make_parent(relative);
    write_atomically(path_ / relative, text);
  }
  void write(const Path& relative, const Bytes& bytes) const {
    make_parent(relative);
    write_atomically(path_ / relative, std::span<const std::byte>(bytes));
  }
  void make_folder(const Path& relative) const {
    std::filesystem::create_directories(path_ / relative);
  }
  void link(const Path& relative, const Path& target) const {
    make_parent(relative);
    std::filesystem::create_symlink(target, path_ / relative);
  }

 private:
  void make_parent(const Path& relative) const {
    std::filesystem::create_directories((path_ / relative).parent_path());
  }

  Path path_;
};

// What the Error says that `action` throws; "" where it throws none.
template <typename Exception, typename Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const Exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace engraft::base
