// Recipes: the options of a command in a TOML file, under the same names.
#pragma once

#include <string>
#include <vector>

#include "engraft/error.h"

namespace engraft::cli {

// The command line is wrong (exit code 2), found after its own parsing.
class UsageError : public Error {
  using Error::Error;
};

// Arguments with those of `--recipe FILE` put in where the command line does not give the option
// itself. Throws UsageError where the file cannot be read or is no flat table of options.
std::vector<std::string> with_recipe(std::vector<std::string> arguments);

}  // namespace engraft::cli
