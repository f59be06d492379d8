#include "model/classes.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/foreign_json.h"
#include "base/text.h"
#include "engraft/error.h"

namespace engraft::model {
namespace {

std::vector<std::string> parts_of(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (const std::string_view part : base::split(text, separator)) {
    parts.emplace_back(base::trim(part));
  }
  return parts;
}

// A list of names, or names with their places.
std::vector<std::string> from_json(std::string_view text) {
  const nlohmann::json json = base::parse_json(text);
  if (json.is_array()) return json;
  std::vector<std::string> names(json.size());
  for (const auto& [name, place] : json.items()) {
    const auto at = static_cast<std::size_t>(base::whole_number(place));  // far beyond, if negative
    if (at >= names.size() || !names[at].empty()) {
      throw Error("its classes' numbers are not 0, 1, 2, ..., each once");
    }
    names[at] = name;
  }
  return names;
}

std::vector<std::string> from_content(std::string_view text) {
  const std::string_view start = base::trim(text.substr(0, 256));
  if (start.starts_with('[') || start.starts_with('{')) {
    try {
      return from_json(text);
    } catch (const nlohmann::json::exception&) {
      throw Error("begins as JSON, but is neither a list of names nor names with numbers");
    }
  }
  std::vector<std::string> lines = parts_of(text, '\n');
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

void check_names(const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) throw Error(fmt::format("class {} of {} has no name", i, names.size()));
    if (!base::is_utf8(names[i])) {
      throw Error(fmt::format("the class name \"{}\" is not UTF-8", base::printable(names[i])));
    }
    if (!seen.insert(names[i]).second) {
      throw Error(fmt::format("two classes are called \"{}\"", base::printable(names[i])));
    }
  }
  if (names.empty()) throw Error("it names no classes");
}

}  // namespace

std::vector<std::string> parse_class_names(std::string_view text) {
  std::vector<std::string> names = from_content(text);
  check_names(names);
  return names;
}

std::vector<std::string> read_class_names(const std::string& text_or_file) {
  const bool is_file = std::filesystem::is_regular_file(text_or_file);
  try {
    if (!is_file && text_or_file.find(',') == std::string::npos) {
      throw Error("neither a file nor names with commas between them");
    }
    if (is_file) return parse_class_names(base::read_text(text_or_file));
    std::vector<std::string> names = parts_of(text_or_file, ',');
    check_names(names);
    return names;
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", text_or_file, error.what()));
  }
}

void name_classes(Model& model, std::vector<std::string> names) {
  if (names.size() != model.classes.size()) {
    throw Error(fmt::format("{} class names for a network of {} classes", names.size(),
                            model.classes.size()));
  }
  model.classes = std::move(names);
}

}  // namespace engraft::model
