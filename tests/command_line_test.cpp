// Wrong command lines: what is said, and that nothing is begun.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "program.h"

namespace engraft {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CommandLine : public ProgramTest {
 protected:
  void expect_usage(const std::string& arguments, const std::string& reason) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments << "\n" << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(reason)) << arguments;
    EXPECT_LT(outcome.err.size(), 500U) << outcome.err;
    EXPECT_THAT(outcome.out, IsEmpty()) << arguments;
  }
};

TEST_F(CommandLine, SaysWhatWasMeant) {
  write_dataset("data", 3);
  expect_usage("trian data", "no argument trian (did you mean train?)");
  expect_usage("train data --epohcs 3", "no option --epohcs (did you mean --epochs?)");
  expect_usage("train data --zz --epohcs=3",
               "no option --zz; there is no option --epohcs (did you mean --epochs?)");
  expect_usage("train", "DATA");
  expect_usage("train data --recipe none.toml", "none.toml: there is no such file");
  write_file("bad.toml", "epochs = = 3\n");
  expect_usage("train data --recipe bad.toml", "bad.toml: line 1");
  EXPECT_FALSE(fs::exists(folder_ / "runs"));
}

TEST_F(CommandLine, SaysWhatAValueMayBe) {
  write_dataset("data", 3);
  expect_usage("train data --lr foo", "--lr foo: must be a number above 0, or auto");
  expect_usage("train data --lr 1e-50", "--lr 1e-50: must be a number above 0, or auto");
  expect_usage("train data --lr -1", "--lr -1: must be");
  expect_usage("train data --lr auto --epochs 3 --batch 8 --views 2",
               "no use for --epochs, --batch;");
  expect_usage("train data --epochs zero", "--epochs zero: must be a whole number");
  expect_usage("train data --optimizer adamax", "one of adam, adamw, sgd, lbfgs");
  expect_usage("train data --views sometimes", "--views sometimes");
  expect_usage("train data --device cuda", "--device cuda: must be one of auto, cpu");
  expect_usage("train data --train-transforms 'resize(224) swirl'", "swirl");
  expect_usage("train data --val-transforms swirl", "--val-transforms: ");
  expect_usage("eval sprout data --val-transforms swirl", "--val-transforms: ");
  expect_usage("compare data --plot plot.gif", ".svg");
  expect_usage("train data --mean 0.5", "--mean and --std belong together");
  expect_usage("eval sprout data --mean 0.5 --std 0", "a standard deviation of 0");
  expect_usage("predict sprout data --mean 0.5,0.5 --std 1", "mean must be one number, or three");
  expect_usage("features data -o f.npy --normalize none --mean 0 --std 1", "--normalize none");
  expect_usage("compare data --normalize some", "--normalize");
  expect_usage("train data --normalize none --val-transforms 'resize(8x8) normalize(mean=0,std=2)'",
               "--normalize none: normalize(none), but --val-transforms: normalize(mean=0,std=2)");
  EXPECT_FALSE(fs::exists(folder_ / "runs"));
}

// Places to write to are tried before any work.
TEST_F(CommandLine, SaysWhatCannotBeWritten) {
  write_dataset("data", 3);
  const auto expect_failure = [&](const std::string& arguments, const std::string& reason) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 1) << arguments;
    EXPECT_THAT(outcome.err, HasSubstr(reason)) << arguments;
    EXPECT_THAT(outcome.err, Not(HasSubstr("opening pictures"))) << arguments;
  };
  expect_failure("features data --model sprout -o none/f.npy", "there is no folder none");
  fs::create_directories(folder_ / "folder.npy");
  expect_failure("features data --model sprout -o folder.npy", "is a folder");
  expect_failure("compare data --models sprout --plot none/p.svg", "there is no folder none");
  write_file("runs", "a file where runs should go");
  expect_failure("train data --model sprout", "runs: cannot be written");
}

// Results that are lost are no success.
TEST_F(CommandLine, SaysThatTheOutputCannotBeWritten) {
  for (const char* verb : {"models", "models --json", "show sprout"}) {
    std::string full = command(verb);
    full.replace(full.rfind(" >out"), 5, " >/dev/full");
    base::write_atomically(folder_ / "in", std::string_view());
    base::write_atomically(folder_ / "out", std::string_view());
    const Outcome lost = outcome(std::system(full.c_str()));
    EXPECT_EQ(lost.exit_code, 1) << verb;
    EXPECT_THAT(lost.err, HasSubstr("standard output cannot be written")) << verb;
  }
}

}  // namespace
}  // namespace engraft
