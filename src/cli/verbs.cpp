#include "cli/verbs.h"

#include <algorithm>

#include "base/text.h"
#include "cli/help.h"

namespace engraft::cli {
namespace {

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

OptionFacts facts_of(const CLI::Option& option) {
  OptionFacts facts{.sentence = option.get_description()};
  if (option.get_positional()) facts.names.push_back(option.get_name(true));
  for (const std::string& name : option.get_lnames()) facts.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) facts.names.push_back("-" + name);
  if (option.get_expected_min() == 0) return facts;  // a flag
  facts.value = value_name(option.get_type_name());
  if (facts.value.empty()) facts.value = "VALUE";
  for (const std::string_view part : base::split(facts.value, '|')) {
    if (is_word(part)) facts.choices.emplace_back(part);
  }
  return facts;
}

}  // namespace

std::vector<VerbFacts> verbs_of(const CLI::App& program) {
  std::vector<VerbFacts> verbs;
  const auto shown = [](const CLI::App* verb) { return !verb->get_group().empty(); };
  for (const CLI::App* verb : program.get_subcommands(shown)) {
    VerbFacts facts{.name = verb->get_name(), .sentence = verb->get_description()};
    for (const CLI::Option* option : verb->get_options()) {
      (option->get_positional() ? facts.arguments : facts.options).push_back(facts_of(*option));
    }
    verbs.push_back(std::move(facts));
  }
  return verbs;
}

}  // namespace engraft::cli
