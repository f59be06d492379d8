// What the program takes, as plain values: its verbs with their options, as --help shows them. What
// shells complete and the manual page says is made of it (shell_files.h).
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace engraft::cli {

struct OptionFacts {
  std::vector<std::string> names;    // "--out", "-o"; of an argument "DATA"
  std::string value;                 // what stands for its value: "X"; empty for a flag
  std::vector<std::string> choices;  // words that the value may be
  std::string sentence;
};

struct VerbFacts {
  std::string name;
  std::string sentence;
  std::vector<OptionFacts> arguments;
  std::vector<OptionFacts> options;
};

// In the order of --help; hidden verbs are left out.
std::vector<VerbFacts> verbs_of(const CLI::App& program);

}  // namespace engraft::cli
