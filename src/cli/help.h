// How --help shows options: "--epochs N   passes over the training pictures (default 10)".
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace engraft::cli {

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* verb) const override;
};

}  // namespace engraft::cli
