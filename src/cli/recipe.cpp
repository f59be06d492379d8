#include "cli/recipe.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "engraft/error.h"

namespace engraft::cli {
namespace {

constexpr std::string_view kOption = "--recipe";

// What turns an option off that is on by itself.
std::string negation(const std::string& option) { return "--no-" + option.substr(2); }

bool gives(const std::vector<std::string>& arguments, const std::string& option) {
  return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    return argument == option || argument.starts_with(option + "=");
  });
}

std::string text_of(const toml::node& node, const std::string& where) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  if (const auto truth = node.value_exact<bool>()) return *truth ? "true" : "false";
  throw OptionError(where + ": must be a text, a number, true or false, or a list of texts");
}

// The value as the command line would have it; a list's items with commas between.
std::string value_of(const toml::node& node, const std::string& where) {
  const toml::array* list = node.as_array();
  if (list == nullptr) return text_of(node, where);
  std::string joined;
  for (const toml::node& item : *list) {
    joined += (joined.empty() ? "" : ",") + text_of(item, where);
  }
  return joined;
}

}  // namespace

std::vector<RecipeLine> parse_recipe(std::string_view text, const std::string& where) {
  toml::table recipe;
  try {
    recipe = toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw OptionError(fmt::format("{}: line {}: {}", where, error.source().begin.line,
                                  base::printable(error.description())));
  }
  std::vector<RecipeLine> lines;
  for (const auto& [key, value] : recipe) {
    const std::string name(key.str());
    lines.push_back({"--" + name,
                     value_of(value, fmt::format("{}: {}", where, base::printable(name))),
                     value.is_boolean()});
  }
  return lines;
}

std::vector<std::string> with_recipe(std::vector<std::string> arguments) {
  std::string file;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == kOption && i + 1 < arguments.size()) file = arguments[i + 1];
    if (arguments[i].starts_with(std::string(kOption) + "=")) {
      file = arguments[i].substr(kOption.size() + 1);
    }
  }
  if (file.empty()) return arguments;

  const std::string where = fmt::format("{} {}", kOption, file);
  if (!std::filesystem::is_regular_file(file)) {
    throw OptionError(where + ": there is no such file");
  }
  std::vector<std::string> added;
  for (const RecipeLine& line : parse_recipe(base::read_text(file), where)) {
    if (line.option == kOption || gives(arguments, line.option) ||
        gives(arguments, negation(line.option))) {
      continue;
    }
    if (line.flag) {
      added.push_back(line.value == "true" ? line.option : negation(line.option));
    } else {
      added.push_back(fmt::format("{}={}", line.option, line.value));
    }
  }
  arguments.insert(arguments.end(), added.begin(), added.end());
  return arguments;
}

}  // namespace engraft::cli
