// engraft convert OLD NEW
#include "run/convert.h"

#include <memory>

#include "cli/commands.h"
#include "cli/options.h"

namespace engraft::cli {
namespace {

struct ConvertOptions : VerbOptions {
  std::string from;
  std::string to;
};

void convert(const ConvertOptions& options) {
  run::convert(options.from, options.to);
  Console(OutputFormat::kText).line(options.to);
}

}  // namespace

void add_convert(CLI::App& program, int& /*exit_code*/) {
  CLI::App* command =
      program.add_subcommand("convert", "a model saved by an earlier version in today's format");
  const auto options = std::make_shared<ConvertOptions>();
  command->add_option("OLD", options->from, "a saved model, or a run folder")->required();
  command->add_option("NEW", options->to, "the file to write (.safetensors); may be OLD")
      ->required();
  command->callback([options] { convert(*options); });
}

}  // namespace engraft::cli
