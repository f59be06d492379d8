// Runs the program as a user would, in a folder of its own.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"

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

  base::Path folder_;
};

}  // namespace engraft
