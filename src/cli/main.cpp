// engraft VERB ARGUMENT... [--option VALUE]
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <new>

#include "base/interrupt.h"
#include "base/nearest.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/recipe.h"
#include "engraft/error.h"

namespace engraft::cli {
namespace {

constexpr const char* kDescription =
    "engraft: transfer learning for images. Point it at folders of photos; get a\n"
    "tested classifier.\n"
    "\n"
    "  engraft demo                                  all of it on drawn pictures\n"
    "  engraft train photos/ --model mobilenet_v2    a classifier of class folders\n"
    "  engraft predict runs/mobilenet_v2-1 new.jpg   what is on a new picture";

// All that an option of this name, or a verb, could have been.
std::vector<std::string> known_names(const CLI::App& app, bool option) {
  std::vector<std::string> names;
  if (option) {
    for (const CLI::Option* one : app.get_options()) {
      for (const std::string& name : one->get_lnames()) names.push_back(name);
    }
  } else {
    for (const CLI::App* verb : app.get_subcommands({})) names.push_back(verb->get_name());
  }
  return names;
}

// What is left over of a command line, in its order, with what may have been meant.
std::string unknown_text(const CLI::App& app, const std::vector<std::string>& arguments) {
  const std::vector<std::string> extras = app.remaining(true);
  std::string text;
  for (const std::string& argument : arguments) {
    if (std::ranges::count(extras, argument) == 0) continue;
    const bool option = argument.starts_with("--");
    const std::string_view dashes = option ? "--" : "";
    const std::string name = argument.substr(dashes.size(), argument.find('=') - dashes.size());
    const std::vector<std::string> near = base::nearest(name, known_names(app, option), 1);
    text += fmt::format(
        "{}there is no {} {}{}{}", text.empty() ? "" : "; ", option ? "option" : "argument", dashes,
        name, near.empty() ? "" : fmt::format(" (did you mean {}{}?)", dashes, near.front()));
  }
  return text;
}

int run(int argc, char** argv) {
  CLI::App program(kDescription, "engraft");
  program.set_version_flag("--version", "engraft " + base::version());
  program.require_subcommand(0, 1);
  program.formatter(std::make_shared<HelpFormatter>());
  program.get_formatter()->column_width(30);
  // Where an option is given twice, the later one counts.
  program.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);

  int exit_code = kDone;
  add_demo(program, exit_code);
  add_train(program, exit_code);
  add_eval(program, exit_code);
  add_report(program, exit_code);
  add_predict(program, exit_code);
  add_compare(program, exit_code);
  add_cache(program, exit_code);
  add_features(program, exit_code);
  add_check(program, exit_code);
  add_grid(program, exit_code);
  add_models(program, exit_code);
  add_show(program, exit_code);
  add_get(program, exit_code);
  add_convert(program, exit_code);
  add_generate(program, exit_code);

  const std::vector<std::string> arguments = with_recipe({argv + 1, argv + argc});
  try {
    // As CLI11 wants them.
    program.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    if (program.get_subcommands().empty()) fmt::print("{}", program.help());
  } catch (const CLI::CallForHelp&) {
    const auto verbs = program.get_subcommands();
    fmt::print("{}", verbs.empty() ? program.help() : verbs[0]->help("engraft"));
  } catch (const CLI::CallForVersion&) {
    fmt::print("engraft {}\n", base::version());
  } catch (const CLI::ParseError& error) {
    const auto verbs = program.get_subcommands();
    const std::string verb = verbs.empty() ? "" : " " + verbs[0]->get_name();
    const bool unknown = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    fmt::print(
        stderr, "engraft{}: {}\nengraft{} --help shows what there is.\n", verb,
        unknown ? unknown_text(verbs.empty() ? program : *verbs[0], arguments) : error.what(),
        verb);
    return kWrongUsage;
  }
  return exit_code;
}

// Errors say what is to be done. What the libraries throw says it to programmers only.
std::string text_for(const std::exception& error) {
  if (std::ferror(stdout) != 0) return "standard output cannot be written; is the disk full?";
  if (dynamic_cast<const Error*>(&error) != nullptr) return base::harmless(error.what());
  if (const auto* failure = dynamic_cast<const std::filesystem::filesystem_error*>(&error)) {
    return base::harmless(
        fmt::format("{}: {}", failure->path1().string(), failure->code().message()));
  }
  return fmt::format(
      "something went wrong that should not: \"{}\"; please report it, with this "
      "command line",
      base::harmless(error.what()));
}

}  // namespace
}  // namespace engraft::cli

int main(int argc, char** argv) {
  engraft::cli::remember_command_line(argc, argv);
  try {
    const int exit_code = engraft::cli::run(argc, argv);
    if (exit_code == engraft::cli::kInterrupted) fmt::print(stderr, "engraft: interrupted\n");
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit_code;
    throw engraft::Error("nothing more can be written");  // said below
  } catch (const engraft::OptionError& error) {
    fmt::print(stderr, "engraft: {}\n", engraft::base::harmless(error.what()));
    return engraft::cli::kWrongUsage;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "engraft: out of memory; a smaller network or fewer --workers need less\n");
  } catch (const std::exception& error) {
    fmt::print(stderr, "engraft: {}\n", engraft::cli::text_for(error));
  }
  return engraft::base::interrupted() ? engraft::cli::kInterrupted : engraft::cli::kFailed;
}
