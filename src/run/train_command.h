// The command line that repeats a training, for the record of a run that no command line began.
#pragma once

#include <string>
#include <string_view>

#include "base/file.h"
#include "training/settings.h"

namespace engraft::run {

// An argument as a shell takes it: in quotes where it holds more than letters that mean themselves.
std::string shell_quoted(std::string_view argument);

// "engraft train photos --model sprout --no-stratify": with the settings that were given. `output`
// may be empty.
std::string train_command(const std::string& data, const base::Path& output,
                          const training::Settings& settings);

}  // namespace engraft::run
