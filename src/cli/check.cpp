// engraft check DATA
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/options.h"
#include "run/check.h"

namespace engraft::cli {
namespace {

constexpr std::size_t kListedClasses = 100;

struct CheckCommandOptions : VerbOptions {
  std::string data;
};

void list_classes(Console& console, const data::Dataset& data, const data::Findings& findings) {
  const std::size_t shown = std::min(data.classes.size(), kListedClasses);
  for (std::size_t k = 0; k < shown; ++k) {
    console.line(fmt::format("  {}: {}", data.classes[k], findings.images[k]));
  }
  if (shown < data.classes.size()) {
    console.line(fmt::format("  and {} more (--json lists all)", data.classes.size() - shown));
  }
}

void list_groups(Console& console, const char* title,
                 const std::vector<std::vector<std::string>>& groups) {
  if (groups.empty()) return;
  console.line(fmt::format("{}: {}", title, groups.size()));
  for (const std::vector<std::string>& group : groups) {
    std::string text;
    for (const std::string& name : group) text += (text.empty() ? "  " : " = ") + name;
    console.line(text);
  }
}

void list_files(Console& console, const char* title, const std::vector<data::Skipped>& files) {
  if (files.empty()) return;
  console.line(fmt::format("{}: {}", title, files.size()));
  for (const data::Skipped& file : files)
    console.line(fmt::format("  {}: {}", file.name, file.reason));
}

std::vector<data::Skipped> as_files(const std::vector<data::PassedOver>& folders) {
  std::vector<data::Skipped> files;
  for (const data::PassedOver& folder : folders) files.push_back({folder.name, folder.reason});
  return files;
}

nlohmann::json to_json(const std::vector<data::Skipped>& files) {
  nlohmann::json array = nlohmann::json::array();
  for (const data::Skipped& file : files) {
    array.push_back({{"path", file.name}, {"reason", file.reason}});
  }
  return array;
}

nlohmann::json to_json(const run::Checked& checked) {
  const auto& [data, findings] = checked;
  nlohmann::json classes = nlohmann::json::array();
  for (std::size_t k = 0; k < data.classes.size(); ++k) {
    classes.push_back({{"name", data.classes[k]}, {"images", findings.images[k]}});
  }
  return {{"images", data.samples.size()},
          {"classes", classes},
          {"gaps", to_json(data.gaps)},
          {"skipped", to_json(data.skipped)},
          {"notes", to_json(data.notes)},
          {"passed_over", to_json(as_files(data.passed_over))},
          {"misnamed", to_json(findings.misnamed)},
          {"duplicates", findings.duplicates},
          {"leaks", findings.leaks},
          {"conflicts", findings.conflicts},
          {"imbalanced", findings.imbalanced},
          {"clean", checked.clean()}};
}

void print(Console& console, const data::Dataset& data, const data::Findings& findings) {
  list_files(console, "class folders without a picture", data.gaps);
  list_files(console, "left out", data.skipped);
  list_files(console, "used, but damaged", data.notes);
  list_files(console, "passed over, as no part of the data", as_files(data.passed_over));
  list_files(console, "named for another format (read all the same)", findings.misnamed);
  list_groups(console, "same file more than once", findings.duplicates);
  list_groups(console, "of these, on more than one side of the split", findings.leaks);
  list_groups(console, "of these, in more than one class", findings.conflicts);
  if (findings.imbalanced) {
    console.line(
        fmt::format("imbalance: the largest class has {} times the pictures of the smallest",
                    findings.most / findings.fewest));
  }
}

int check(const CheckCommandOptions& options) {
  Console console(options.format());
  const std::optional<run::Checked> checked =
      run::check({.data = options.data, .settings = options.settings}, console.events());
  if (!checked) return kInterrupted;
  const auto& [data, findings] = *checked;
  if (console.json()) {
    console.document(to_json(*checked));
  } else {
    console.line(fmt::format("{}: {} pictures in {} classes", options.data, data.samples.size(),
                             data.classes.size()));
    list_classes(console, data, findings);
    print(console, data, findings);
    if (checked->clean()) console.line("nothing wrong was found");
  }
  return options.settings.strict && !checked->clean() ? kFindings : kDone;
}

}  // namespace

void add_check(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "check", "what is wrong with a data set: unreadable, duplicate, leaking, imbalanced");
  const auto options = std::make_shared<CheckCommandOptions>();
  command
      ->add_option("DATA", options->data,
                   "class folders, or train/, val/ and test/ of class folders")
      ->required();
  command->add_flag("--strict", options->settings.strict, "exit with 3 where something was found");
  add_settings(*command, options->settings, training::kCheck);
  add_json(*command, *options);
  command->callback([options, &exit_code] { exit_code = check(*options); });
}

}  // namespace engraft::cli
