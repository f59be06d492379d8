// engraft get NAME
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/options.h"
#include "run/network.h"

namespace engraft::cli {
namespace {

struct GetOptions : VerbOptions {
  std::string name;
  std::string weights = "imagenet";
};

void get(const GetOptions& options) {
  Console console(OutputFormat::kText);
  console.line(run::fetch_weights(options.name, options.weights, console.events()).string());
}

}  // namespace

void add_get(CLI::App& program, int& /*exit_code*/) {
  CLI::App* command = program.add_subcommand(
      "get", "downloads a network's published weights into the cache and checks them");
  const auto options = std::make_shared<GetOptions>();
  command->add_option("NAME", options->name, "a network of the zoo (engraft models)")->required();
  command->add_option("--weights", options->weights, "which of its published weights")
      ->type_name("NAME")
      ->capture_default_str();
  command->callback([options] { get(*options); });
}

}  // namespace engraft::cli
