// The verbs. Each adds its subcommand with options and help to the program; what it does runs as
// the subcommand's callback and leaves the exit code in `exit_code`.
#pragma once

#include <CLI/CLI.hpp>

namespace engraft::cli {

// The contract of `engraft`'s exit codes.
enum ExitCode {
  kDone = 0,
  kFailed = 1,
  kWrongUsage = 2,
  kFindings = 3,  // check --strict found something
  kInterrupted = 130,
};

void add_demo(CLI::App& program, int& exit_code);
void add_report(CLI::App& program, int& exit_code);
void add_train(CLI::App& program, int& exit_code);
void add_eval(CLI::App& program, int& exit_code);
void add_predict(CLI::App& program, int& exit_code);
void add_cache(CLI::App& program, int& exit_code);
void add_compare(CLI::App& program, int& exit_code);
void add_convert(CLI::App& program, int& exit_code);
void add_features(CLI::App& program, int& exit_code);
void add_check(CLI::App& program, int& exit_code);
void add_grid(CLI::App& program, int& exit_code);
void add_models(CLI::App& program, int& exit_code);
void add_show(CLI::App& program, int& exit_code);
void add_get(CLI::App& program, int& exit_code);
void add_generate(CLI::App& program, int& exit_code);

}  // namespace engraft::cli
