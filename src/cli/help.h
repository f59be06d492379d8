// How --help shows options: "--epochs N   passes over the training pictures (default 10)".
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace engraft::cli {

// What stands for a value: CLI11 describes it as "INT:INT in [1 - 4096]" or "TEXT:{adam,sgd}",
// whose ranges belong into the error message, and whose choices are all that there is to know.
std::string value_name(const std::string& type);

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* verb) const override;
};

}  // namespace engraft::cli
