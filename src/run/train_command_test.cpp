#include "run/train_command.h"

#include <gtest/gtest.h>

namespace engraft::run {
namespace {

TEST(ShellQuoted, QuotesWhatAShellWouldChange) {
  EXPECT_EQ(shell_quoted("runs/one-1"), "runs/one-1");
  EXPECT_EQ(shell_quoted("layer4.*"), "'layer4.*'");
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("$HOME"), "'$HOME'");
}

TEST(TrainCommand, SaysWhatWasGiven) {
  training::Settings settings;
  EXPECT_EQ(train_command("photos", "", settings), "engraft train photos");
  training::set_setting(settings, "train", "layer4.*");
  training::set_setting(settings, "stratify", "false");
  training::set_setting(settings, "epochs", "10");
  training::set_setting(settings, "exact", "true");
  EXPECT_EQ(train_command("my photos", "out", settings),
            "engraft train 'my photos' --out out --train 'layer4.*' --no-stratify --epochs 10 "
            "--exact");
}

}  // namespace
}  // namespace engraft::run
