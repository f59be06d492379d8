#include "cli/command_line.h"

#include <gtest/gtest.h>

#include <array>

namespace engraft::cli {
namespace {

TEST(CommandLine, IsRememberedAsAShellTakesIt) {
  std::array<std::string, 5> words{"/usr/bin/engraft", "train", "my photos", "it's", "--lr=0.01"};
  std::array<char*, 5> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  remember_command_line(static_cast<int>(arguments.size()), arguments.data());
  EXPECT_EQ(command_line(), "engraft train 'my photos' 'it'\\''s' --lr=0.01");
}

}  // namespace
}  // namespace engraft::cli
