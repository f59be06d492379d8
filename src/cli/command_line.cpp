#include "cli/command_line.h"

#include <algorithm>

namespace engraft::cli {
namespace {

std::string& remembered() {
  static std::string line;
  return line;
}

bool means_itself(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_./=,:+@%").find(c) != std::string_view::npos;
}

}  // namespace

std::string shell_quoted(std::string_view argument) {
  if (!argument.empty() && std::ranges::all_of(argument, means_itself)) {
    return std::string(argument);
  }
  std::string quoted = "'";
  for (const char c : argument) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

void remember_command_line(int argc, char** argv) {
  std::string line = "engraft";
  for (int i = 1; i < argc; ++i) line += " " + shell_quoted(argv[i]);
  remembered() = line;
}

const std::string& command_line() { return remembered(); }

}  // namespace engraft::cli
