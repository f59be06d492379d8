// engraft get NAME
#include <fmt/format.h>

#include <memory>

#include "base/interrupt.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "model/pretrained.h"

namespace engraft::cli {
namespace {

struct GetOptions {
  std::string name;
  std::string weights = "imagenet";
};

void get(const GetOptions& options) {
  Console console(OutputFormat::kText);
  model::PretrainedOptions pretrained;
  pretrained.weights = options.weights;
  pretrained.note = [&](const std::string& text) { console.note(text); };
  pretrained.progress = [&](std::uint64_t done, std::uint64_t total) {
    console.progress("downloading", done, total);
    return !base::interrupted();
  };
  base::catch_interrupts();
  console.line(model::fetch_published(options.name, pretrained).string());
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
