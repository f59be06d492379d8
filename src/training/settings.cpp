#include "training/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "base/foreign_json.h"
#include "engraft/error.h"

namespace engraft::training {
namespace {

[[noreturn]] void refuse(const Setting& setting, const std::string& text, const std::string& why) {
  throw OptionError(fmt::format("--{} {}: {}", setting.name, text, why));
}

// "a number from 1 to 100", "a number above 0"; the ends of what is only there to keep a number
// finite are not worth a word.
std::string allowed(const Setting& setting, bool whole) {
  std::string text = whole ? "a whole number" : "a number";
  if (setting.bounds) {
    const Bounds& bounds = *setting.bounds;
    const bool open = bounds.high >= 1e19;
    const bool tiny = bounds.low > 0 && bounds.low < 1e-9;
    if (tiny || (!bounds.low_included && open)) {
      text += " above 0";
    } else if (open) {
      text += fmt::format(" of at least {:.15g}", bounds.low);
    } else {
      text += bounds.low_included
                  ? fmt::format(" from {:.15g} to {:.15g}", bounds.low, bounds.high)
                  : fmt::format(" above {:.15g}, at most {:.15g}", bounds.low, bounds.high);
    }
  }
  for (const std::string_view word : setting.words) text += fmt::format(", or {}", word);
  return text;
}

bool is_within(const Bounds& bounds, double number) {
  return (bounds.low_included ? number >= bounds.low : number > bounds.low) &&
         number <= bounds.high;
}

template <class Number>
Number parse_number(const Setting& setting, const std::string& text) {
  Number number{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = problem == std::errc() && end == text.data() + text.size();
  if (!whole || !std::isfinite(static_cast<double>(number)) ||
      (setting.bounds && !is_within(*setting.bounds, static_cast<double>(number)))) {
    refuse(setting, text, "must be " + allowed(setting, std::integral<Number>));
  }
  return number;
}

// A text that is one of the setting's words, or a number within its bounds.
void check_text(const Setting& setting, const std::string& text) {
  if (!setting.choices.empty() && std::ranges::count(setting.choices, text) == 0) {
    refuse(setting, text, fmt::format("must be one of {}", fmt::join(setting.choices, ", ")));
  }
  if (!setting.words.empty() && std::ranges::count(setting.words, text) == 0) {
    if (setting.whole) {
      parse_number<std::int64_t>(setting, text);
    } else {
      parse_number<double>(setting, text);
    }
  }
}

void assign(const Setting& setting, const std::string& text, std::string& member) {
  check_text(setting, text);
  member = text;
}

void assign(const Setting& setting, const std::string& text, bool& member) {
  if (text != "true" && text != "false") refuse(setting, text, "must be true or false");
  member = text == "true";
}

template <class Number>
requires std::is_arithmetic_v<Number>
void assign(const Setting& setting, const std::string& text, Number& member) {
  member = parse_number<Number>(setting, text);
}

std::string text_of(const std::string& member) { return member; }
std::string text_of(bool member) { return member ? "true" : "false"; }
template <class Number>
requires std::is_arithmetic_v<Number> std::string text_of(Number member) {
  return fmt::format("{}", member);
}

std::string key_of(const Setting& setting) {
  std::string key(setting.name);
  std::ranges::replace(key, '-', '_');
  return key;
}

// Of a text that is a number or a word, the number is written as one.
nlohmann::json json_of(const Setting& setting, const std::string& member) {
  const bool word = member.empty() || std::ranges::count(setting.words, member) != 0;
  if (setting.words.empty() || word) return member;
  std::int64_t whole = 0;
  const char* end = member.data() + member.size();
  if (std::from_chars(member.data(), end, whole).ptr == end) return whole;
  double number = 0;
  std::from_chars(member.data(), end, number);
  return number;
}

template <class Member>
nlohmann::json json_of(const Setting& /*setting*/, const Member& member) {
  return member;
}

void take_json(const nlohmann::json& json, std::string& member) {
  member = json.is_number() ? json.dump() : json.get<std::string>();
}

void take_json(const nlohmann::json& json, std::int64_t& member) {
  member = base::whole_number(json);
}

void take_json(const nlohmann::json& json, std::uint64_t& member) {
  if (!json.is_number_unsigned())
    throw Error(base::shown(json) + " is no whole number of at least 0");
  json.get_to(member);
}

template <class Member>
void take_json(const nlohmann::json& json, Member& member) {
  json.get_to(member);
}

}  // namespace

void set_setting(Settings& settings, std::string_view name, const std::string& text) {
  bool found = false;
  visit_settings(settings, [&](const Setting& setting, auto& member) {
    if (setting.name != name) return;
    found = true;
    assign(setting, text, member);
  });
  if (!found) throw OptionError(fmt::format("--{}: there is no such option", name));
  settings.given.emplace(name);
}

std::string setting_text(const Settings& settings, std::string_view name) {
  std::string text;
  visit_settings(settings, [&](const Setting& setting, const auto& member) {
    if (setting.name == name) text = text_of(member);
  });
  return text;
}

nlohmann::json to_json(const Settings& settings) {
  nlohmann::json json = nlohmann::json::object();
  visit_settings(settings, [&](const Setting& setting, const auto& member) {
    json[key_of(setting)] = json_of(setting, member);
  });
  json["given"] = settings.given;
  return json;
}

Settings settings_from_json(const nlohmann::json& json) {
  Settings settings;
  try {
    visit_settings(settings, [&](const Setting& setting, auto& member) {
      const auto found = json.find(key_of(setting));
      if (found != json.end()) take_json(*found, member);
    });
    if (const auto given = json.find("given"); given != json.end()) given->get_to(settings.given);
  } catch (const std::exception& error) {  // Error, or nlohmann's
    throw Error(fmt::format("options: {}", error.what()));
  }
  return settings;
}

}  // namespace engraft::training
