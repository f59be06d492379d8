// Recipes: the options of a command in a TOML file, under the same names.
#pragma once

#include <string>
#include <vector>

namespace engraft::cli {

// Arguments with those of `--recipe FILE` put in where the command line does not give the option
// itself. Throws OptionError where the file cannot be read or is no flat table of options.
std::vector<std::string> with_recipe(std::vector<std::string> arguments);

}  // namespace engraft::cli
