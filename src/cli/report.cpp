// engraft report RUN...
#include "report/report.h"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "cli/commands.h"
#include "cli/console.h"

namespace engraft::cli {

void add_report(CLI::App& program, int& /*exit_code*/) {
  CLI::App* command = program.add_subcommand(
      "report", "writes the report of a run anew, from what its folder holds");
  const auto runs = std::make_shared<std::vector<std::string>>();
  command->add_option("RUN", *runs, "run folders")
      ->required()
      ->multi_option_policy(CLI::MultiOptionPolicy::Throw)
      ->expected(1, -1);
  command->callback([runs] {
    Console console(OutputFormat::kText);
    for (const std::string& run : *runs) console.line(report::write_report(run).string());
  });
}

}  // namespace engraft::cli
