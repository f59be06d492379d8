#include "cli/shell_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <vector>

#include "base/version.h"

namespace engraft::cli {
namespace {

// With a backslash before each of `special`.
std::string escaped(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

// Within single quotes of a Bourne shell.
std::string in_quotes(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::vector<std::string> names_of(std::span<const VerbFacts> verbs) {
  std::vector<std::string> names;
  for (const VerbFacts& verb : verbs) names.push_back(verb.name);
  return names;
}

std::vector<std::string> options_of(const VerbFacts& verb) {
  std::vector<std::string> names;
  for (const OptionFacts& option : verb.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

// For troff: a hyphen is a minus, a dot or quote at a line's start no request.
std::string roff(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      if ((c == '.' || c == '\'') && result.empty()) result += "\\&";
      result += c;
    }
  }
  return result;
}

}  // namespace

std::string bash_completion(std::span<const VerbFacts> verbs) {
  std::string values;
  std::string options;
  for (const VerbFacts& verb : verbs) {
    options += fmt::format("    {}) words={} ;;\n", verb.name,
                           in_quotes(fmt::format("{}", fmt::join(options_of(verb), " "))));
    for (const OptionFacts& option : verb.options) {
      if (option.choices.empty()) continue;
      std::string places;
      for (const std::string& name : option.names) {
        places += fmt::format("{}\"{} {}\"", places.empty() ? "" : "|", verb.name, name);
      }
      values += fmt::format("    {}) words={} value=1 ;;\n", places,
                            in_quotes(fmt::format("{}", fmt::join(option.choices, " "))));
    }
  }
  return fmt::format(R"(# bash completion for engraft; made by it
_engraft() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
  local verb='' words='' value='' i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${{COMP_WORDS[i]}} in -*) ;; *) verb=${{COMP_WORDS[i]}}; break ;; esac
  done
  case $verb in
    '') words={} ;;
{}  esac
  case "$verb $previous" in
{}  esac
  if [[ -z $verb || -n $value || $current == -* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
  if [[ -n $verb && ${{#COMPREPLY[@]}} -eq 0 ]]; then
    compopt -o filenames
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}}
complete -F _engraft engraft
)",
                     in_quotes(fmt::format("{} --help --version", fmt::join(names_of(verbs), " "))),
                     options, values);
}

std::string zsh_completion(std::span<const VerbFacts> verbs) {
  std::string list;
  std::string cases;
  for (const VerbFacts& verb : verbs) {
    list += fmt::format("    {}\n", in_quotes(verb.name + ":" + escaped(verb.sentence, ":\\")));
    cases += fmt::format("    {})\n      _arguments \\\n", verb.name);
    for (const OptionFacts& option : verb.options) {
      for (const std::string& name : option.names) {
        std::string spec = name + "[" + escaped(option.sentence, "[]:\\") + "]";
        if (!option.choices.empty()) {
          spec +=
              fmt::format(":{}:({})", escaped(option.value, ":\\"), fmt::join(option.choices, " "));
        } else if (!option.value.empty()) {
          spec += fmt::format(":{}:_files", escaped(option.value, ":\\"));
        }
        cases += fmt::format("        {} \\\n", in_quotes(spec));
      }
    }
    cases += "        '*:file:_files' ;;\n";
  }
  return fmt::format(R"(#compdef engraft
# made by engraft
_engraft() {{
  local -a verbs
  verbs=(
{}  )
  if (( CURRENT == 2 )); then
    _describe verb verbs
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
{}  esac
}}
_engraft "$@"
)",
                     list, cases);
}

std::string fish_completion(std::span<const VerbFacts> verbs) {
  std::string text = "# fish completion for engraft; made by it\n";
  const auto fish = [](std::string_view words) { return "'" + escaped(words, "'\\") + "'"; };
  for (const VerbFacts& verb : verbs) {
    text += fmt::format("complete -c engraft -n __fish_use_subcommand -f -a {} -d {}\n", verb.name,
                        fish(verb.sentence));
    for (const OptionFacts& option : verb.options) {
      std::string line =
          fmt::format("complete -c engraft -n '__fish_seen_subcommand_from {}'", verb.name);
      for (const std::string& name : option.names) {
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!option.choices.empty()) {
        line += fmt::format(" -x -a {}", fish(fmt::format("{}", fmt::join(option.choices, " "))));
      } else if (!option.value.empty()) {
        line += " -r";
      }
      text += fmt::format("{} -d {}\n", line, fish(option.sentence));
    }
  }
  return text;
}

std::string manual_page(std::span<const VerbFacts> verbs) {
  std::string text = fmt::format(
      ".TH ENGRAFT 1 \"\" \"engraft {}\"\n.SH NAME\nengraft \\- transfer learning for images\n"
      ".SH SYNOPSIS\n.B engraft\n.I VERB ARGUMENT\\fR...\n.RI [ \\-\\-option\n.IR VALUE ]...\n"
      ".SH DESCRIPTION\nPoint it at folders of photos; get a tested classifier.\n",
      roff(base::version()));
  for (const VerbFacts& verb : verbs) {
    std::string usage;
    for (const OptionFacts& argument : verb.arguments) usage += " " + roff(argument.names[0]);
    text += fmt::format(".SH {}\n.B engraft {}{}\n.PP\n{}\n", roff(verb.name), roff(verb.name),
                        usage, roff(verb.sentence));
    for (const auto* list : {&verb.arguments, &verb.options}) {
      for (const OptionFacts& one : *list) {
        const bool is_argument = list == &verb.arguments;
        text += fmt::format(".TP\n\\fB{}\\fR", roff(fmt::format("{}", fmt::join(one.names, ", "))));
        if (!is_argument && !one.value.empty()) text += " \\fI" + roff(one.value) + "\\fR";
        text += "\n" + roff(one.sentence) + "\n";
      }
    }
  }
  return text +
         ".SH EXIT STATUS\n0: done. 1: failed. 2: a wrong command line. 3: check \\-\\-strict "
         "found "
         "something. 130: interrupted.\n";
}

}  // namespace engraft::cli
