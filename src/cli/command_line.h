// The command line as it was typed, for the record of a run.
#pragma once

#include <string>

namespace engraft::cli {

// To be called once, by main.
void remember_command_line(int argc, char** argv);

// "engraft train photos/ --train-transforms 'resize(224) hflip'": what a shell would take for the
// same arguments. "" before remember_command_line().
const std::string& command_line();

}  // namespace engraft::cli
