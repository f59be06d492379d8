// `engraft predict` as its users meet it: any number of pictures, in every form of output.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "program.h"

namespace engraft {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Predict : public ProgramTest {
 protected:
  std::vector<std::string> lines(const std::string& text) const {
    std::istringstream stream(text);
    std::vector<std::string> result;
    for (std::string line; std::getline(stream, line);) result.push_back(line);
    return result;
  }
};

TEST_F(Predict, AnswersInTheOrderOfThePathsInEveryForm) {
  write_picture("b.jpg", true, 1);
  write_picture("a.jpg", false, 2);
  const Outcome jsonl = run("predict sprout b.jpg a.jpg --jsonl --top 2");
  ASSERT_EQ(jsonl.exit_code, 0) << jsonl.err;
  const std::vector<std::string> documents = lines(jsonl.out);
  ASSERT_EQ(documents.size(), 2U);
  const nlohmann::json first = nlohmann::json::parse(documents[0]);
  EXPECT_EQ(first["path"], "b.jpg");
  EXPECT_EQ(first["top"].size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(documents[1])["path"], "a.jpg");
  EXPECT_EQ(nlohmann::json::parse(run("predict sprout b.jpg a.jpg --json --top 2").out)[0], first);

  const std::vector<std::string> rows = lines(run("predict sprout b.jpg a.jpg --csv").out);
  EXPECT_THAT(rows, ElementsAre("path,class,probability,error", StartsWith("b.jpg,"),
                                StartsWith("a.jpg,")));
  EXPECT_EQ(run("predict sprout a.jpg --csv --json").exit_code, 2);
  EXPECT_EQ(run("predict sprout a.jpg --csv --jsonl").exit_code, 2);
}

TEST_F(Predict, NamesWithCommasAndLineBreaksStayWhole) {
  write_picture("one, two.jpg", true, 1);
  write_picture("line\nbreak.jpg", true, 1);
  EXPECT_THAT(run("predict sprout 'one, two.jpg' --csv").out, HasSubstr("\n\"one, two.jpg\","));
  const std::string list("line\nbreak.jpg\0one, two.jpg\0", 27);
  const Outcome without = run("predict sprout - --jsonl", list);
  EXPECT_EQ(without.exit_code, 1);
  EXPECT_THAT(without.err, HasSubstr("give -0"));
  const Outcome outcome = run("predict sprout - -0 --jsonl", list);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  ASSERT_EQ(lines(outcome.out).size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(lines(outcome.out)[0])["path"], "line\nbreak.jpg");
}

TEST_F(Predict, NoNamesOnStandardInputIsAnErrorThatSaysSo) {
  const Outcome outcome = run("predict sprout -", "\n\n");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("standard input named none"));
}

// Answers come while more pictures are still to be named, and what was answered stays after Ctrl-C.
TEST_F(Predict, StreamsAndKeepsWhatWasDone) {
  write_picture("a.jpg", true, 1);
  ASSERT_EQ(::mkfifo((folder_ / "names").c_str(), 0600), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string endless = command("predict sprout - --jsonl");
    endless.replace(endless.rfind(" <in "), 5, " <names ");
    ::execl("/bin/sh", "sh", "-c", endless.c_str(), nullptr);
    ::_exit(127);
  }
  std::FILE* names = std::fopen((folder_ / "names").c_str(), "w");
  ASSERT_NE(names, nullptr);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto answers = [&] {
    const base::Path out = folder_ / "out";
    return std::filesystem::exists(out) ? lines(base::read_text(out)).size() : 0;
  };
  std::size_t named = 0;
  // One, before a second is named; then more than are under way together.
  for (const std::size_t more : {1, 599}) {
    for (std::size_t i = 0; i < more; ++i) std::fputs("a.jpg\n", names);
    std::fflush(names);
    named += more;
    while (answers() < named) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  ::kill(child, SIGINT);
  std::fclose(names);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(outcome(status).exit_code, 130);
  for (const std::string& line : lines(outcome(status).out)) {
    EXPECT_EQ(nlohmann::json::parse(line)["path"], "a.jpg");
  }
}

}  // namespace
}  // namespace engraft
