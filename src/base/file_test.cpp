#include "base/file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "engraft/error.h"

namespace engraft::base {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "engraft-file-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  Path folder_;
};

TEST_F(FileTest, ReadsBackWhatItWrote) {
  const Path path = folder_ / "a.txt";
  write_atomically(path, "first");
  write_atomically(path, "second");
  EXPECT_EQ(read_text(path), "second");
  EXPECT_EQ(map_file(path).bytes.size(), 6U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileTest, AbandonedWritingLeavesTheOldContent) {
  const Path path = folder_ / "a.txt";
  write_atomically(path, "old");
  {
    AtomicFile file(path);
    file.write("new, but never committed");
  }
  EXPECT_EQ(read_text(path), "old");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileTest, ErrorsNameThePathAndTheReason) {
  const auto message = [](const auto& action) {
    try {
      action();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(message([&] { (void)read_file(folder_ / "none"); }),
            (folder_ / "none").string() + ": cannot be opened: No such file or directory");
  EXPECT_EQ(message([&] { (void)read_file(folder_); }),
            folder_.string() + ": is a folder, not a file");
  EXPECT_EQ(message([&] { write_atomically(folder_ / "none" / "x", "y"); }),
            (folder_ / "none" / "x").string() + ": cannot be written: No such file or directory");
}

TEST_F(FileTest, ReadsFilesThatStateNoSize) {
  EXPECT_GT(read_file("/proc/self/maps").size(), 100U);
}

TEST_F(FileTest, KnowsAFileFromWhatItWasBefore) {
  const Path path = folder_ / "a.txt";
  EXPECT_EQ(identity_of(path), "");
  write_atomically(path, "first");
  const std::string first = identity_of(path);
  EXPECT_EQ(identity_of(folder_ / "." / "a.txt"), first);
  write_atomically(path, "other");
  EXPECT_NE(identity_of(path), first);
}

TEST_F(FileTest, MapsAnEmptyFile) {
  std::ofstream(folder_ / "empty").close();
  EXPECT_TRUE(map_file(folder_ / "empty").bytes.empty());
}

}  // namespace
}  // namespace engraft::base
