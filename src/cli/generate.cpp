// engraft generate KIND: what packages install beside the program.
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/shell_files.h"

namespace engraft::cli {

void add_generate(CLI::App& program, int& /*exit_code*/) {
  CLI::App* command =
      program.add_subcommand("generate", "completions for shells, or the manual page");
  command->group("");  // hidden: for packages, not for people
  const auto kind = std::make_shared<std::string>();
  command->add_option("KIND", *kind, "which")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish", "man"}));
  command->callback([kind, &program] {
    const std::vector<VerbFacts> verbs = verbs_of(program);
    Console(OutputFormat::kText)
        .raw(*kind == "bash"   ? bash_completion(verbs)
             : *kind == "zsh"  ? zsh_completion(verbs)
             : *kind == "fish" ? fish_completion(verbs)
                               : manual_page(verbs));
  });
}

}  // namespace engraft::cli
