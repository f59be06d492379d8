// Files for shells and for man, made of what the program takes: none of them can say anything else
// than --help.
#pragma once

#include <span>
#include <string>

#include "cli/verbs.h"

namespace engraft::cli {

std::string bash_completion(std::span<const VerbFacts> verbs);
std::string zsh_completion(std::span<const VerbFacts> verbs);
std::string fish_completion(std::span<const VerbFacts> verbs);
std::string manual_page(std::span<const VerbFacts> verbs);  // engraft.1

}  // namespace engraft::cli
