// Recipes: the options of a command in a TOML file, under the same names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace engraft::cli {

// One option of a recipe, as the command line would have it.
struct RecipeLine {
  std::string option;  // "--val-fraction"
  std::string value;   // "0.2"; of a list, its items with commas between
  bool flag = false;   // whether it is given as true or false
};

// What a recipe says; `where` names it in messages. Throws OptionError where it is no flat table of
// options.
std::vector<RecipeLine> parse_recipe(std::string_view text, const std::string& where);

// Arguments with those of `--recipe FILE` put in where the command line does not give the option
// itself. Throws OptionError where the file cannot be read or is no flat table of options.
std::vector<std::string> with_recipe(std::vector<std::string> arguments);

}  // namespace engraft::cli
