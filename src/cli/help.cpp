#include "cli/help.h"

#include <algorithm>
#include <sstream>

namespace engraft::cli {
namespace {

constexpr std::size_t kDescriptionWidth = 50;  // beside the options' column, 80 in all

// In lines of at most kDescriptionWidth, where its words allow that; CLI11 indents the lines.
std::string wrapped(const std::string& text) {
  std::string result;
  std::size_t used = 0;
  std::istringstream words(text);
  for (std::string word; words >> word; used += word.size()) {
    const bool fits = used + 1 + word.size() <= kDescriptionWidth;
    if (used > 0) result += fits ? ' ' : '\n';
    used = used > 0 && fits ? used + 1 : 0;
    result += word;
  }
  return result;
}

}  // namespace

std::string value_name(const std::string& type) {
  // What is not CLI11's own name of a type is what we call the value.
  const std::size_t letters = type.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  const std::size_t colon =
      letters != std::string::npos && type[letters] == ':' ? letters : std::string::npos;
  const std::string kind = type.substr(0, colon);
  const std::string check = colon == std::string::npos ? "" : type.substr(colon + 1);
  if (check.starts_with('{') && check.ends_with('}')) {
    std::string choices = check.substr(1, check.size() - 2);
    std::ranges::replace(choices, ',', '|');
    return choices;
  }
  if (kind == "INT" || kind == "UINT") return "N";
  if (kind == "FLOAT") return "X";
  return kind == "TEXT" ? "" : kind;
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  if (option->get_expected_min() == 0) return "";  // a flag
  std::string text;
  if (const std::string name = value_name(option->get_type_name()); !name.empty()) {
    text = " " + name;
  } else if (!option->get_positional()) {
    text = " VALUE";
  }
  if (option->get_expected_max() == CLI::detail::expected_max_vector_size) text += " ...";
  return text;
}

std::string HelpFormatter::make_option_name(const CLI::Option* option, bool is_positional) const {
  std::string name = CLI::Formatter::make_option_name(option, is_positional);
  // How CLI11 marks the flag that turns something off.
  constexpr std::string_view kMark = "{false}";
  const std::size_t mark = name.find(kMark);
  if (mark != std::string::npos) name.erase(mark, kMark.size());
  return name;
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  const std::string& value = option->get_default_str();
  return wrapped(option->get_description() + (value.empty() ? "" : " (default " + value + ")"));
}

std::string HelpFormatter::make_subcommand(const CLI::App* verb) const {
  std::ostringstream text;
  CLI::detail::format_help(text, verb->get_name(), wrapped(verb->get_description()),
                           get_column_width());
  return text.str();
}

}  // namespace engraft::cli
