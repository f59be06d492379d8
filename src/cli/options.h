// The one list of options (training/settings.h) on the command line.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/console.h"
#include "training/settings.h"

namespace engraft::cli {

struct VerbOptions {
  training::Settings settings;
  bool json = false;

  OutputFormat format() const { return json ? OutputFormat::kJson : OutputFormat::kText; }
};

// Every setting that the verb takes. Values are checked as they are read: a wrong one throws
// OptionError.
void add_settings(CLI::App& command, training::Settings& settings, training::Verb verb);

void add_json(CLI::App& command, VerbOptions& options);

}  // namespace engraft::cli
