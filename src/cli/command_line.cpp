#include "cli/command_line.h"

#include "run/train_command.h"

namespace engraft::cli {
namespace {

std::string& remembered() {
  static std::string line;
  return line;
}

}  // namespace

void remember_command_line(int argc, char** argv) {
  std::string line = "engraft";
  for (int i = 1; i < argc; ++i) line += " " + run::shell_quoted(argv[i]);
  remembered() = line;
}

const std::string& command_line() { return remembered(); }

}  // namespace engraft::cli
