// Runs the program as a user would, in a folder of its own.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/random.h"
#include "image/encode.h"

namespace engraft {

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "engraft-program-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ProgramTest() override { std::filesystem::remove_all(folder_); }

  // `engraft ARGUMENTS` for a shell: in the test's folder, with an empty weight cache and no
  // network; its output goes to the files out and err.
  std::string command(const std::string& arguments) const {
    return "cd " + folder_.string() +
           " && TORCH_HOME=cache ENGRAFT_CACHE=features ENGRAFT_OFFLINE=1 NO_COLOR=1 "
           "exec " ENGRAFT_PROGRAM " " +
           arguments + " <in >out 2>err";
  }

  Outcome run(const std::string& arguments, const std::string& input = "") const {
    base::write_atomically(folder_ / "in", input);
    return outcome(std::system(command(arguments).c_str()));
  }

  // What a command left, given its wait status.
  Outcome outcome(int status) const {
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, base::read_text(folder_ / "out"),
            base::read_text(folder_ / "err")};
  }

  // Striped pictures: the class is the direction, which any network can tell apart.
  base::Path write_picture(const std::string& name, bool vertical, std::uint64_t seed) const {
    base::Random random({seed});
    image::Image image(64, 64);
    const auto period = 4 + static_cast<int>(random.below(8));
    for (int y = 0; y < 64; ++y) {
      for (int x = 0; x < 64; ++x) {
        const bool bright = (vertical ? x : y) / period % 2 == 0;
        for (int c = 0; c < 3; ++c) {
          image.row(y)[3 * x + c] =
              static_cast<std::uint8_t>((bright ? 170 : 50) + static_cast<int>(random.below(40)));
        }
      }
    }
    const base::Path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    base::write_atomically(path, image::encode_jpeg(image));
    return path;
  }

  void write_dataset(const std::string& root, int count) const {
    for (int i = 0; i < count; ++i) {
      write_picture(root + "/across/" + std::to_string(i) + ".jpg", false, 2 * i);
      write_picture(root + "/down/" + std::to_string(i) + ".jpg", true, 2 * i + 1);
    }
  }

  void write_file(const std::string& name, std::string_view content) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    base::write_atomically(folder_ / name, content);
  }

  base::Path folder_;
};

}  // namespace engraft
